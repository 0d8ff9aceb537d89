import { createClient, type Client } from '@backend2/client';
import { migrate } from '@backend2/database';
import { startOwnPostgres, until } from '@backend2/testkit';
import test, { type ExecutionContext } from 'ava';
import pg from 'pg';
import { startRealSystem } from './real-services.ts';

const sweep = (name: string) => ({
  name,
  kind: 'http.request',
  input: { url: 'http://localhost/{{n}}' },
  variables: [{ name: 'n', values: [1, 2, 3] }],
});

const query = async <T extends pg.QueryResultRow>(url: string, sql: string): Promise<T[]> => {
  const client = new pg.Client({ connectionString: url });
  await client.connect();
  try {
    return (await client.query<T>(sql)).rows;
  } finally {
    await client.end();
  }
};

/** Two task-intakes, so that one answers what another wrote; nobody runs the tasks. */
const startSystem = async (t: ExecutionContext, env: Record<string, string>) => {
  const { primary, standby } = await startOwnPostgres(t);
  if (!standby) throw new Error('a standby was asked for');
  await migrate(primary.url);
  const system = await startRealSystem(t, env, {
    postgres: { primaryUrl: primary.url, standbyUrl: standby.url },
    services: ['auth', 'task-intake', 'task-intake'],
  });
  const admin = createClient({ baseUrl: system.url });
  await admin.auth.signIn(system.admin.email, system.admin.password);
  await admin.users.create({ email: 'ada@example.org', name: 'Ada', password: 'a long enough password' });
  const ada = createClient({ baseUrl: system.url });
  await ada.auth.signIn('ada@example.org', 'a long enough password');
  return { primary, standby, admin, ada };
};

/** Often enough that both task-intakes have answered. */
const everyTime = async <T>(read: () => Promise<T>): Promise<T[]> => {
  const answers: T[] = [];
  for (let turn = 0; turn < 8; turn += 1) answers.push(await read());
  return answers;
};
const names = async (client: Client): Promise<string[]> =>
  (await client.tasks.list()).items.map(({ name }) => name);

test('Field note 15: with a standby that is stuck, who wrote reads the write whoever answers; with one that is dead no read fails', async (t) => {
  const { standby, primary, admin, ada } = await startSystem(t, { DB_MAX_REPLICA_LAG: '1h' });
  await ada.tasks.create(sweep('before'));
  await until(async () => (await names(admin)).includes('before'), { what: 'the standby up to date' });

  await query(standby.url, 'select pg_wal_replay_pause()');
  const task = await ada.tasks.create(sweep('after'));
  t.deepEqual(
    new Set((await everyTime(() => ada.tasks.get(task.id))).map(({ id }) => id)),
    new Set([task.id]),
  );
  for (const seen of await everyTime(() => names(ada))) t.deepEqual(seen, ['after', 'before']);
  await ada.tasks.updateSubtask(task.id, 1, { rating: 'good', evaluation: 'sharp' });
  for (const { rating } of await everyTime(() => ada.tasks.subtask(task.id, 1))) t.is(rating, 'good');
  for (const { cells } of await everyTime(() => ada.tasks.matrix(task.id)))
    t.is(cells[0]?.[1]?.rating, 'good');
  await ada.tasks.pause(task.id);
  for (const { state } of await everyTime(() => ada.tasks.get(task.id))) t.is(state, 'paused');

  // Who wrote nothing is answered by the standby, as it is; what it does not know at all the primary is asked for.
  for (const seen of await everyTime(() => names(admin))) t.deepEqual(seen, ['before']);
  t.is((await admin.tasks.get(task.id)).state, 'paused');

  await ada.tasks.delete(task.id);
  for (const seen of await everyTime(() => names(ada))) t.deepEqual(seen, ['before']);
  await query(standby.url, 'select pg_wal_replay_resume()');
  await until(
    async () =>
      (await query<{ name: string }>(standby.url, 'select name from tasks where deleted_at is not null'))
        .length === 1,
    {
      what: 'the deletion on the standby',
    },
  );
  t.deepEqual(await names(admin), ['before']);

  const reading = (async () => {
    const seen: string[][] = [];
    for (let turn = 0; turn < 40; turn += 1) seen.push(await names(admin));
    return seen;
  })();
  await standby.kill();
  for (const seen of await reading) t.deepEqual(seen, ['before']);
  await ada.tasks.create(sweep('without a standby'));
  t.deepEqual(await names(ada), ['without a standby', 'before']);
  t.deepEqual(await names(admin), ['without a standby', 'before']);
  t.is((await query(primary.url, 'select 1 from tasks')).length, 3);
});
