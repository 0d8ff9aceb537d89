import { join } from 'node:path';
import { migrate, migrations as known } from '@backend2/database';
import pg from 'pg';
import { from as copyFrom, to as copyTo } from 'pg-copy-streams';
import { OperatorError } from '../operator-error.ts';
import type { Manifest, PostgresEntry } from './manifest.ts';
import { sideBySide } from './side-by-side.ts';
import type { Column, Snapshot } from './snapshot.ts';
import { readStored, storeFile } from './stored-file.ts';

type CopyEntry = Extract<PostgresEntry, { format: 'copy' }>;

interface CopyJob {
  readonly path: string;
  readonly key: Buffer | undefined;
  readonly jobs: number;
  readonly say: (line: string) => void;
}

const quoted = (name: string): string => `"${name.replaceAll('"', '""')}"`;
const listOf = ({ table, columns }: Column): string => `${quoted(table)} (${columns.map(quoted).join(', ')})`;

/** Every table's rows by COPY, the schema by the names of its migrations: needs no tool but this program. */
export const writeCopyArchive = async (
  snapshot: Snapshot,
  { path, key, jobs, say }: CopyJob,
): Promise<CopyEntry> => {
  const entries: CopyEntry['tables'] = [];
  const connections = { open: () => snapshot.join(), close: (client: pg.Client) => client.end() };
  await sideBySide(snapshot.tables, jobs, connections, async (table, client) => {
    const file = `postgres-${table.table}.copy.gz`;
    const source = client.query(copyTo(`copy ${listOf(table)} to stdout`));
    const data = await storeFile(source, join(path, file), file, { compressed: true, key });
    entries.push({ name: table.table, columns: table.columns, rows: source.rowCount ?? 0, data });
    say(`  table ${table.table}: ${source.rowCount} rows`);
  });
  return {
    format: 'copy',
    version: String(snapshot.serverVersion),
    tables: entries.toSorted((a, b) => a.name.localeCompare(b.name)),
    sequences: [...snapshot.sequences],
  };
};

/** Tables in an order in which each comes after those it refers to, in groups that can be filled together. */
const inOrderOfReference = async (client: pg.Client, names: readonly string[]): Promise<string[][]> => {
  const { rows } = await client.query<{ child: string; parent: string }>(
    `select c.relname as child, p.relname as parent
     from pg_constraint k join pg_class c on c.oid = k.conrelid join pg_class p on p.oid = k.confrelid
     where k.contype = 'f' and k.conrelid <> k.confrelid`,
  );
  const groups: string[][] = [];
  let left = [...names];
  while (left.length > 0) {
    const ready = left.filter(
      (name) => !rows.some(({ child, parent }) => child === name && left.includes(parent)),
    );
    if (ready.length === 0)
      throw new OperatorError(`The tables ${left.join(', ')} refer to each other in a circle.`);
    groups.push(ready);
    left = left.filter((name) => !ready.includes(name));
  }
  return groups;
};

/** Fills an empty database: the schema as it was, then the rows. */
export const restoreCopyArchive = async (
  url: string,
  manifest: Manifest,
  entry: CopyEntry,
  { path, key, jobs, say }: CopyJob,
): Promise<void> => {
  const wanted = new Set(manifest.migrations);
  const unknown = manifest.migrations.filter((name) => !known.some((migration) => migration.name === name));
  if (unknown.length > 0)
    throw new OperatorError(
      `The backup is of a newer release: this one does not know the migrations ${unknown.join(', ')}.`,
    );
  await migrate(url, { migrations: known.filter(({ name }) => wanted.has(name)) });

  const open = async () => {
    const client = new pg.Client({ connectionString: url, application_name: 'backend2-restore' });
    await client.connect();
    await client.query('set statement_timeout = 0');
    return client;
  };
  const connections = { open, close: (client: pg.Client) => client.end() };
  const client = await open();
  try {
    const tables = new Map(entry.tables.map((table) => [table.name, table]));
    const groups = await inOrderOfReference(client, [...tables.keys()]);
    // Rows that a migration made are in the backup as well.
    await client.query(`truncate ${[...tables.keys()].map(quoted).join(', ')}`);
    // What triggers made of the rows is in the backup too.
    const triggers = async (state: 'enable' | 'disable') => {
      for (const name of tables.keys())
        await client.query(`alter table ${quoted(name)} ${state} trigger user`);
    };
    await triggers('disable');
    for (const group of groups) {
      await sideBySide(group, jobs, connections, async (name, filler) => {
        const table = tables.get(name);
        if (!table) return;
        const into = filler.query(
          copyFrom(`copy ${listOf({ table: name, columns: table.columns })} from stdin`),
        );
        await readStored(join(path, table.data.file), into, { compressed: true, key });
        if (into.rowCount !== table.rows)
          throw new OperatorError(`Table ${name} got ${into.rowCount} rows instead of ${table.rows}.`);
        say(`  table ${name}: ${table.rows} rows`);
      });
    }
    await triggers('enable');
    for (const { name, value } of entry.sequences)
      await client.query('select setval($1::regclass, $2)', [`public.${quoted(name)}`, value]);
    await client.query('analyze');
  } finally {
    await client.end();
  }
};
