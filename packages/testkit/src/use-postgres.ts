import { createHash, randomBytes } from 'node:crypto';
import { basename } from 'node:path';
import pg from 'pg';
import type { TestScope } from './test-scope.ts';
import { testRun, testServer } from './test-servers.ts';
import { until } from './until.ts';

export interface PostgresTemplateOptions {
  /** Fills the template all databases of that name are cloned from; run once per server. It closes its own connections. */
  readonly prepare?: (url: string) => Promise<void>;
  /** Tells templates apart; by default one per package and `prepare`. */
  readonly template?: string;
}

export interface TestPostgres {
  readonly primaryUrl: string;
  /** The same database on the streaming standby. */
  readonly standbyUrl: string;
  /** Resolves once the standby has replayed all that the primary has written up to now. */
  waitForStandby(): Promise<void>;
}

/** A database that no other test has, on the primary and the standby; dropped at the end. */
export async function usePostgres(
  t: TestScope,
  { prepare, template }: PostgresTemplateOptions = {},
): Promise<TestPostgres> {
  const primary = testServer('postgresUrl');
  const standby = testServer('standbyUrl');
  const name = `test_${testRun()}_${randomBytes(6).toString('hex')}`;
  const source = prepare === undefined ? 'template1' : templateName(prepare, template);

  await withClient(primary, async (admin) => {
    if (prepare !== undefined) await makeTemplate(admin, primary, source, prepare);
    await admin.query(`create database ${name} template ${source}`);
  });
  t.teardown(() =>
    withClient(primary, async (admin) => {
      await admin.query(`drop database if exists ${name} with (force)`);
    }),
  );

  const waitForStandby = () => waitForReplay(primary, standby);
  await waitForStandby();
  return { primaryUrl: databaseUrl(primary, name), standbyUrl: databaseUrl(standby, name), waitForStandby };
}

function templateName(prepare: (url: string) => Promise<void>, template?: string): string {
  const key = template ?? `${basename(process.cwd())}:${prepare.toString()}`;
  return `template_${testRun()}_${createHash('sha256').update(key).digest('hex').slice(0, 12)}`;
}

/** Another process may want the same template now: one makes it, the others wait. */
async function makeTemplate(
  admin: pg.Client,
  server: string,
  name: string,
  prepare: (url: string) => Promise<void>,
): Promise<void> {
  await admin.query('select pg_advisory_lock(hashtext($1))', [name]);
  try {
    const { rowCount } = await admin.query('select 1 from pg_database where datname = $1', [name]);
    if (rowCount !== null && rowCount > 0) return;
    const draft = `${name}_draft`;
    await admin.query(`drop database if exists ${draft} with (force)`);
    await admin.query(`create database ${draft}`);
    await prepare(databaseUrl(server, draft));
    await admin.query('select pg_terminate_backend(pid) from pg_stat_activity where datname = $1', [draft]);
    await until(() => admin.query(`alter database ${draft} rename to ${name}`), {
      what: 'the template free of connections',
    });
  } finally {
    await admin.query('select pg_advisory_unlock(hashtext($1))', [name]);
  }
}

function databaseUrl(server: string, database: string): string {
  const url = new URL(server);
  url.pathname = `/${database}`;
  return url.href;
}

async function waitForReplay(primary: string, standby: string): Promise<void> {
  const written = await withClient(primary, async (client) => {
    const { rows } = await client.query<{ lsn: string }>('select pg_current_wal_lsn()::text as lsn');
    return rows[0]?.lsn;
  });
  await withClient(standby, (client) =>
    until(
      async () => {
        const { rows } = await client.query<{ caughtUp: boolean }>(
          'select not pg_is_in_recovery() or pg_last_wal_replay_lsn() >= $1::pg_lsn as "caughtUp"',
          [written],
        );
        return rows[0]?.caughtUp;
      },
      { what: 'the standby up to date', everyMs: 5, timeoutMs: 20_000 },
    ),
  );
}

async function withClient<T>(url: string, use: (client: pg.Client) => Promise<T>): Promise<T> {
  const client = new pg.Client({ connectionString: url });
  client.on('error', () => undefined); // the query in flight rejects; between queries there is nothing to lose
  await client.connect();
  try {
    return await use(client);
  } finally {
    await client.end();
  }
}
