import { migrations, tableAccess } from '@backend2/database';

// Prints a line a table that a migration makes and nobody was given rights to. Run by table-access.ts, from source.

for (const { name, up } of migrations) {
  for (const [, table = ''] of up
    .join('\n')
    .matchAll(/\bcreate\s+table\s+(?:if\s+not\s+exists\s+)?"?(\w+)/gi)) {
    if (table in tableAccess) continue;
    console.log(
      `migration ${name} makes the table ${table}, which packages/database/src/roles/table-access.ts does not know: say there which services may do what with it`,
    );
  }
}
