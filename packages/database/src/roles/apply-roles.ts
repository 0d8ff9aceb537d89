import pg from 'pg';
import { findPrimary } from '../find-primary.ts';
import { scramVerifier } from './scram-verifier.ts';
import { serviceRoles, tableAccess, type ServiceRole } from './table-access.ts';

/** Who signs in as a role: the user and password of the URL a service gets. */
export interface RoleLogin {
  readonly role: ServiceRole;
  readonly user: string;
  readonly password: string;
}

export interface RoleOptions {
  readonly logins: readonly RoleLogin[];
  readonly say?: (line: string) => void;
}

/** The group that holds a role's rights; logins come and go, so that a password can change without a pause. */
export const groupOf = (role: ServiceRole): string => `backend2_${role}`;

const name = pg.escapeIdentifier;
const text = pg.escapeLiteral;

/** Makes every right be as `tableAccess` says, whatever it was; run after each migration, as the tables' owner. */
export const applyRoles = async (ownerUrl: string, { logins, say }: RoleOptions): Promise<void> => {
  const client = new pg.Client({
    connectionString: await findPrimary(ownerUrl),
    application_name: 'backend2-roles',
  });
  await client.connect();
  try {
    await client.query('begin');
    // Two runs at once would meet in the catalogue.
    await client.query("select pg_advisory_xact_lock(hashtext('backend2 roles'))");
    for (const statement of await statementsFor(client, logins)) await client.query(statement);
    await client.query('commit');
    for (const { role, user } of logins) say?.(`${user} signs in as ${groupOf(role)}`);
  } finally {
    await client.end();
  }
};

/** What no login of a service may have, by the column of pg_roles that tells. */
const powers = {
  rolsuper: 'superuser',
  rolcreatedb: 'createdb',
  rolcreaterole: 'createrole',
  rolreplication: 'replication',
} as const;

/** The roles there are, each with the powers to take from it. */
const existing = async (client: pg.Client): Promise<Map<string, string>> => {
  const { rows } = await client.query<{ rolname: string } & Record<keyof typeof powers, boolean>>(
    `select rolname, ${Object.keys(powers).join(', ')} from pg_roles`,
  );
  return new Map(
    rows.map((role) => [
      role.rolname,
      Object.entries(powers)
        .filter(([column]) => role[column as keyof typeof powers])
        .map(([, power]) => `no${power}`)
        .join(' '),
    ]),
  );
};

/** Only a superuser may name those powers of a role that is there, even to take away what it has not. */
const loginStatement = (user: string, password: string, takeAway: string | undefined): string =>
  takeAway === undefined
    ? `create role ${name(user)} login inherit password ${text(scramVerifier(password))}`
    : `alter role ${name(user)} login inherit ${takeAway} password ${text(scramVerifier(password))}`;

const statementsFor = async (client: pg.Client, logins: readonly RoleLogin[]): Promise<string[]> => {
  const there = await existing(client);
  const { rows } = await client.query<{ tablename: string }>(
    `select tablename from pg_tables where schemaname = 'public'`,
  );
  const { rows: here } = await client.query<{ database: string }>('select current_database() as database');
  const database = name(here[0]?.database ?? '');
  const tables = rows.map(({ tablename }) => tablename);
  const groups = serviceRoles.map((role) => ({ role, group: name(groupOf(role)) }));
  const everyGroup = groups.map(({ group }) => group).join(', ');
  return [
    ...groups
      .filter(({ role }) => !there.has(groupOf(role)))
      .map(({ group }) => `create role ${group} nologin noinherit`),
    `revoke all on database ${database} from public`,
    `revoke all on schema public from public`,
    `grant connect on database ${database} to ${everyGroup}`,
    `grant usage on schema public to ${everyGroup}`,
    `revoke all on all tables in schema public from public, ${everyGroup}`,
    ...tables.flatMap((table) => [
      ...Object.entries(tableAccess[table] ?? {}).map(
        ([role, privileges]) =>
          `grant ${privileges.join(', ')} on ${name(table)} to ${name(groupOf(role as ServiceRole))}`,
      ),
      `grant select on ${name(table)} to ${name(groupOf('backup'))}`,
    ]),
    `grant usage on all sequences in schema public to ${name(groupOf('auth'))}, ${name(groupOf('task_intake'))}`,
    `grant select on all sequences in schema public to ${name(groupOf('backup'))}`,
    ...logins.flatMap(({ role, user, password }) => [
      loginStatement(user, password, there.get(user)),
      `grant ${name(groupOf(role))} to ${name(user)}`,
    ]),
  ];
};
