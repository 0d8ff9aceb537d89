import { fileURLToPath } from 'node:url';
import { connectDatabase, findPrimary } from '@backend2/database';
import {
  runProcess,
  startOwnPostgres,
  startOwnRedis,
  until,
  type RunningProcess,
  type TestScope,
} from '@backend2/testkit';
import test from 'ava';
import pg from 'pg';
import { startCountingTarget } from './counting-target.ts';
import { createAdmin, migrateDatabase, runToEnd, startSystem } from './start-system.ts';
import { startSubmitters, untilAccepted } from './submitters.ts';

const promote = 'packages/operations/src/promote-command.ts';

const query = async (url: string, ...statements: string[]): Promise<void> => {
  const client = new pg.Client({ connectionString: url });
  await client.connect();
  try {
    for (const sql of statements) await client.query(sql);
  } finally {
    await client.end();
  }
};

/** What the command says where it will not promote. */
const refusal = async (t: TestScope, env: Record<string, string>, args: string[] = []): Promise<string> => {
  const refused = runProcess(t, fileURLToPath(new URL('../src/promote-command.ts', import.meta.url)), {
    env,
    args,
    ipc: false,
  });
  const { code } = await refused.exited;
  if (code !== 1) throw new Error(`It ended with ${code}:\n${refused.output}`);
  return refused.output;
};

/** Statuses of 500 and above that the gateway has answered with. */
const failedStatuses = async (gateway: RunningProcess | undefined): Promise<string[]> => {
  const ready = await gateway?.message<{ ports: { ops: number } }>(
    (message) => (message as { type?: unknown }).type === 'ready',
  );
  const text = await (await fetch(`http://127.0.0.1:${ready?.ports.ops}/metrics`)).text();
  const statuses = text.matchAll(/^backend2_http_seconds_count\{.*status="(5\d\d)"/gm);
  return [...new Set([...statuses].map(([, status = '']) => status))];
};

test('when the primary is killed and its standby promoted, services follow without a restart and no acknowledged task is lost or run twice', async (t) => {
  t.timeout(600_000);
  const target = await startCountingTarget(t);
  const [postgres, redis] = await Promise.all([
    startOwnPostgres(t, { password: 'postgres-of-this-test' }),
    startOwnRedis(t),
  ]);
  const standbyUrl = postgres.standby?.url ?? '';
  const { url: primaryUrl } = postgres.primary;
  // A commit is acknowledged once the standby has it too; the standby would ask the same of a standby of its own.
  for (const url of [primaryUrl, standbyUrl])
    await query(url, "alter system set synchronous_standby_names = 'standby'", 'select pg_reload_conf()');

  const standbyPort = new URL(standbyUrl).port;
  const env = {
    DATABASE_URL: primaryUrl.replace(/(:\d+)\//, `$1,127.0.0.1:${standbyPort}/`),
    DATABASE_REPLICA_URLS: `${standbyUrl},${primaryUrl}`,
    REDIS_URL: redis.url,
    SECRET_KEY: 'a secret of this test alone, and long enough',
    HTTP_PRIVATE_HOSTS: target.host,
    RATE_LIMIT: '0',
  };
  await migrateDatabase(t, env);
  const system = await startSystem(t, env, await createAdmin(t, env));

  const submit = untilAccepted(system.client);
  const submitters = startSubmitters(target.url, [submit, submit, submit]);
  await submitters.accept(15, 'the start');

  const servers = { STANDBY_URL: standbyUrl, OLD_PRIMARY_URL: primaryUrl };
  t.regex(await refusal(t, servers), /old primary 127\.0\.0\.1:\d+\/backend2 still answers\. Stop it/);
  const misspelt = { ...servers, OLD_PRIMARY_URL: 'postgres://postgres@no-such-host.invalid/backend2' };
  t.regex(await refusal(t, misspelt), /no-such-host\.invalid.* cannot be reached.* say --fenced/);
  t.regex(await refusal(t, servers, ['--patience', 'long']), /--patience is a whole number/);

  await postgres.primary.kill();
  const said = await runToEnd(t, promote, { STANDBY_URL: standbyUrl, OLD_PRIMARY_URL: primaryUrl });
  t.regex(said, /is the primary[\s\S]*no longer wait for standby/);
  await submitters.accept(15, 'the promotion');
  await submitters.stop();
  const statuses = await failedStatuses(system.processes.get('gateway'));
  t.deepEqual(statuses, ['503'], 'whoever was turned away meanwhile was told to come again');

  const { subtasks } = await submitters.demandSuccess(t, system.client);
  target.demandEachOnce(t, subtasks);
  // The dead one comes back as if nothing had happened: it is neither written to nor read from.
  await postgres.primary.start();
  await until(async () => (await findPrimary(env.DATABASE_URL)).includes(`:${standbyPort}/`), {
    timeoutMs: 60_000,
  });
  const pool = { size: 0, maxOverflow: 2, timeoutSeconds: 30 };
  const database = connectDatabase({ primaryUrl: env.DATABASE_URL, replicaUrls: [primaryUrl], pool });
  t.teardown(() => database.close());
  await database.start();
  t.regex(database.replicas()[0]?.why ?? '', /former primary/);

  for (const [name, process] of system.processes)
    t.is(process.child.exitCode, null, `${name} was not restarted`);
});

test('a standby that received half a record when its primary died is promoted all the same', async (t) => {
  const { primary, standby } = await startOwnPostgres(t);
  if (!standby) throw new Error('a standby was asked for');
  const client = new pg.Client({ connectionString: standby.url });
  await client.connect();
  const endsWithinRecord = async (): Promise<boolean> => {
    const { rows } = await client.query<{ within: boolean }>(
      `select pg_wal_lsn_diff(pg_last_wal_receive_lsn(), '0/0') % 8192 = 0
         and pg_last_wal_receive_lsn() > pg_last_wal_replay_lsn() as within`,
    );
    return rows[0]?.within === true;
  };
  // Without a commit the log is written out, and sent, by whole pages.
  const emit = `set synchronous_commit = off; select pg_logical_emit_message(false, 'long', repeat('x', 30000))`;
  await until(
    async () => {
      await query(primary.url, emit);
      await until(endsWithinRecord, { timeoutMs: 1000, what: 'a page that ends within the record' });
      await primary.kill();
      if (await endsWithinRecord()) return true;
      await primary.start();
      return false;
    },
    { what: 'a primary that died between two pages of a record' },
  );
  await client.end();
  const said = await runToEnd(t, promote, { STANDBY_URL: standby.url, OLD_PRIMARY_URL: primary.url });
  t.regex(said, /is the primary/);
  await query(standby.url, 'create table written (id int)');
});
