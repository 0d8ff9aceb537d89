import { randomUUID } from 'node:crypto';
import { taskResults, taskSubmissionSchema, type TaskResult } from '@backend2/contracts';
import { createStreams } from '@backend2/streams';
import { until, useRedis } from '@backend2/testkit';
import test from 'ava';
import pg from 'pg';
import type { Sequelize } from 'sequelize';
import { v7 as uuidv7 } from 'uuid';
import { postgresDispatchStore } from '../src/adapters/postgres-dispatch-store.ts';
import { insertSubtasks, insertTask } from '../src/adapters/postgres-task-store.ts';
import { publishJobs } from '../src/dispatcher/publish-jobs.ts';
import { reconcileLane } from '../src/dispatcher/reconcile-lane.ts';
import { acceptSubmission } from '../src/domain/accept-submission.ts';
import { connectMigrated } from './migrated-database.ts';

/** A task of four cells, not yet dispatched. */
const storedTask = async (database: Sequelize): Promise<string> => {
  const submission = taskSubmissionSchema.parse({ name: 'any', kind: 'k.one', input: {}, batchSize: 4 });
  const accepted = acceptSubmission(submission, { maxSubtasks: 10, offered: { 'k.one': [] } });
  const taskId = uuidv7();
  await database.transaction(async (transaction) => {
    const task = await insertTask(database, transaction, taskId, randomUUID(), accepted);
    if (task) await insertSubtasks(database, transaction, task);
  });
  return taskId;
};

test('what a dispatcher left half done is waited for before the books are compared', async (t) => {
  const { database, primaryUrl } = await connectMigrated(t);
  const taskId = await storedTask(database);
  const connect = async (): Promise<pg.Client> => {
    const client = new pg.Client({ connectionString: primaryUrl });
    await client.connect();
    t.teardown(() => client.end());
    return client;
  };
  const [other, watcher] = [await connect(), await connect()];
  await other.query('BEGIN');
  await other.query('SELECT 1 FROM subtasks WHERE task_id = $1 FOR UPDATE', [taskId]);
  const waitsFor = (what: string) => async () => {
    const { rows } = await watcher.query(
      'SELECT 1 FROM pg_stat_activity WHERE datname = current_database() AND wait_event = $1',
      [what],
    );
    return rows.length > 0;
  };

  const store = postgresDispatchStore(database);
  const claimed = store.claim(new Map([[taskId, 4]]));
  await until(waitsFor('transactionid'), { what: 'the cells being queued' });
  const known = store.inFlight('standard');
  await until(waitsFor('advisory'), { what: 'the comparison waiting' });
  await other.query('COMMIT');
  await claimed;
  t.is((await known).length, 4);
});

test('a run that Redis lost is begun anew although it said that it began; one that is there or has ended is not', async (t) => {
  const redis = await useRedis(t);
  const { database } = await connectMigrated(t);
  const streams = createStreams({ connection: { kind: 'single', url: redis.url } });
  await streams.start();
  t.teardown(() => streams.stop());
  const store = postgresDispatchStore(database);
  const taskId = await storedTask(database);

  const { claimed } = await store.claim(new Map([[taskId, 4]]));
  const [task] = claimed;
  if (task === undefined) return t.fail();
  await publishJobs('standard', streams, [{ ...task, runs: task.runs.slice(0, 1) }]);
  const said = (ordinal: number) => ({ taskId, ordinal, run: 1, attempt: 1, at: Date.now() });
  const results: TaskResult[] = [
    { type: 'started', ...said(1), worker: 'w' },
    { type: 'progress', ...said(2), fraction: 0.5 },
    { type: 'succeeded', ...said(3), result: null, artifacts: [], durationMs: 1 },
  ];
  await streams.publisher(taskResults).publishMany(results.map((payload) => ({ payload })));

  const renewed = (await reconcileLane('standard', streams, store)).flatMap(({ runs }) => runs);
  t.deepEqual(
    renewed.map(({ ordinal, run }) => [ordinal, run]).toSorted(([one = 0], [other = 0]) => one - other),
    [
      [1, 2],
      [2, 2],
    ],
  );
});
