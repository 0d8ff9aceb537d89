import { usePostgres } from '@backend2/testkit';
import test, { type ExecutionContext } from 'ava';
import pg from 'pg';
import { migrate } from '../src/index.ts';

const taskId = (n: number): string => `00000000-0000-7000-8000-00000000000${n}`;

const connect = async (t: ExecutionContext, url: string): Promise<pg.Client> => {
  const client = new pg.Client({ connectionString: url });
  await client.connect();
  t.teardown(() => client.end());
  return client;
};

const prepareDatabase = async (t: ExecutionContext) => {
  const { primaryUrl } = await usePostgres(t, {
    template: 'migrated',
    prepare: async (url) => void (await migrate(url)),
  });
  const client = await connect(t, primaryUrl);
  for (const n of [1, 2])
    await client.query(
      `INSERT INTO tasks (id, owner_id, name, kind, lane, input, variables, axes, batch_size, priority, timeout_ms,
         max_attempts, tags, total, pending) VALUES ($1, $1, 'n', 'k.k', 'standard', '{}', '[]', '[]', 1, 0, 1, 1, '{}', 2, 2)`,
      [taskId(n)],
    );
  return { primaryUrl, client };
};

const insert = 'INSERT INTO subtasks (task_id, ordinal) SELECT * FROM unnest($1::uuid[], $2::int[])';

test('subtasks are refused unless all are of tasks that are there, and go with their task', async (t) => {
  const { client } = await prepareDatabase(t);
  const refused = { code: '23503', constraint: 'subtasks_of_tasks' };
  const error = await t.throwsAsync(
    client.query(insert, [
      [taskId(1), taskId(3)],
      [0, 0],
    ]),
    { instanceOf: pg.DatabaseError },
  );
  t.like(error, refused);
  await client.query(insert, [
    [taskId(1), taskId(2), taskId(1)],
    [0, 0, 1],
  ]);
  const moved = await t.throwsAsync(
    client.query('UPDATE subtasks SET task_id = $1 WHERE task_id = $2', [taskId(2), taskId(1)]),
    { instanceOf: pg.DatabaseError },
  );
  t.like(moved, { code: '23514', constraint: 'subtasks_stay' });
  await client.query('DELETE FROM tasks WHERE id = $1', [taskId(1)]);
  const { rows } = await client.query('SELECT task_id, ordinal FROM subtasks');
  t.deepEqual(rows, [{ task_id: taskId(2), ordinal: 0 }]);
});

test('a task whose subtasks are being written is not deleted under them', async (t) => {
  const { client, primaryUrl } = await prepareDatabase(t);
  const other = await connect(t, primaryUrl);
  await client.query('BEGIN');
  await client.query(insert, [[taskId(1)], [0]]);
  await other.query(`SET lock_timeout = '100ms'`);
  const error = await t.throwsAsync(other.query('DELETE FROM tasks WHERE id = $1', [taskId(1)]), {
    instanceOf: pg.DatabaseError,
  });
  t.like(error, { code: '55P03' });
  await client.query('COMMIT');
  await other.query('DELETE FROM tasks WHERE id = $1', [taskId(1)]);
  t.deepEqual((await client.query('SELECT FROM subtasks')).rows, []);
});

test('subtasks are not written to a task that is being deleted', async (t) => {
  const { client, primaryUrl } = await prepareDatabase(t);
  const other = await connect(t, primaryUrl);
  await client.query('BEGIN');
  await client.query('DELETE FROM tasks WHERE id = $1', [taskId(1)]);
  const written = other.query(insert, [[taskId(1)], [0]]);
  await client.query('COMMIT');
  t.like(await t.throwsAsync(written, { instanceOf: pg.DatabaseError }), { code: '23503' });
});
