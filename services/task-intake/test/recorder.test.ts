import { taskEvents, taskResults, type TaskResult } from '@backend2/contracts';
import { until } from '@backend2/testkit';
import test from 'ava';
import { Redis } from 'ioredis';
import { counts, drift, query } from './books.ts';
import { startIntake, sharedIntake } from './intake-process.ts';

const useIntake = sharedIntake(test);

test.serial('a duplicate, a late and a foreign result change nothing, and each is counted', async (t) => {
  const intake = await useIntake(t);
  const said: TaskResult[] = [];
  await intake.startWorker(async ({ taskId, ordinal, run }, attempt) => {
    const at = Date.now();
    said.push({
      type: 'succeeded',
      taskId,
      ordinal,
      run,
      attempt,
      at,
      result: ordinal,
      artifacts: [],
      durationMs: 5,
    });
    return { result: ordinal, durationMs: 5 };
  });
  const { id } = await intake.submit({});
  await intake.finished(id);
  const books = () =>
    query(intake.postgres.primaryUrl, `SELECT * FROM subtasks WHERE task_id = $1 ORDER BY ordinal`, [id]);
  const before = await books();
  const ignored = () => intake.metric(intake.first, 'backend2_results_ignored_total');
  const from = await ignored();

  const [one] = said;
  if (one?.type !== 'succeeded') return t.fail();
  const error = { code: 'late', message: 'late' };
  const wrong: TaskResult[] = [
    ...said,
    ...said,
    { ...one, type: 'failed', error },
    { ...one, type: 'started', attempt: 9, worker: 'w' },
    { ...one, type: 'retrying', attempt: 9, error },
    { ...one, type: 'cancelled' },
    { ...one, run: one.run + 1 },
    { ...one, ordinal: 4000 },
    { ...one, taskId: '00000000-0000-7000-8000-000000000000' },
  ];
  await intake.streams.publisher(taskResults).publishMany(wrong.map((payload) => ({ payload })));
  // Those of one run that come in one batch and say different things count as one.
  const least = said.length * 2 + 3;
  await until(async () => (await ignored()) - from >= least, { what: 'the ignored counted' });
  await until(async () => (await intake.streams.inspect(taskResults, 'recorder')).length === 0, {
    what: 'all of them taken',
  });
  t.deepEqual(await books(), before);
  t.deepEqual(
    (await intake.rpc.call('tasks.get', { principal: intake.user, taskId: id })).counts,
    counts({ succeeded: 4 }),
  );
  t.deepEqual(await drift(intake.postgres.primaryUrl), []);
});

const resultsKey = 'app:{task_results}';
const eventsKey = 'app:{task_events}';

test.serial('what was written when it could not be told is told as soon as it can be', async (t) => {
  const intake = await useIntake(t);
  const redis = new Redis(intake.redisUrl);
  t.teardown(() => redis.disconnect());
  const worker = await intake.startHeldWorker(4);
  const { id } = await intake.submit({});
  await until(() => worker.begun() === 4, { what: 'the work under way' });
  await until(
    async () =>
      (await query(intake.postgres.primaryUrl, `SELECT 1 FROM tasks WHERE id = $1 AND running = 4`, [id]))
        .length > 0,
  );
  const heard = await intake.hear(taskEvents);

  // No event can be added to what is no stream.
  await redis.rename(eventsKey, `${eventsKey}:aside`);
  await redis.set(eventsKey, 'in the way');
  worker.release();
  await until(
    async () =>
      (await query(intake.postgres.primaryUrl, `SELECT 1 FROM tasks WHERE id = $1 AND succeeded = 4`, [id]))
        .length > 0,
  );
  await redis.rename(`${eventsKey}:aside`, eventsKey);
  for (let ended = 0; ended < 4;) {
    const event = await heard.next();
    if (event.type === 'subtasks') ended += event.changes.filter(({ state }) => state === 'succeeded').length;
  }
  for (;;) {
    const event = await heard.next();
    if (event.type === 'task' && event.task.state === 'succeeded') break;
  }
  t.is((await intake.finished(id)).state, 'succeeded');
});

test('a start that comes again once its run has ended tells nobody anything but the end', async (t) => {
  const intake = await startIntake(t);
  const redis = new Redis(intake.redisUrl);
  t.teardown(() => redis.disconnect());
  const artifact = {
    id: '0198b7a4-6f7e-7c3a-9a45-000000000abd',
    key: 'somewhere',
    contentType: 'image/png',
    bytes: 7,
    sha256: 'a'.repeat(64),
  };
  await intake.startWorker(async () => ({ result: 'good', artifacts: [artifact], durationMs: 5 }));
  const { id: taskId } = await intake.submit({ variables: [], input: { url: 'http://localhost/' } });
  await intake.finished(taskId);
  const ask = () => intake.rpc.call('subtasks.result', { principal: intake.user, taskId, ordinal: 0 });
  await until(async () => (await redis.keys('app:task_result:*')).length > 0, { what: 'the result kept' });
  const before = await ask();

  intake.first.kill('SIGKILL');
  await intake.first.exited;
  const base = { taskId, ordinal: 0, run: 1, attempt: 1, at: Date.now() };
  await intake.streams.publisher(taskResults).publish({ type: 'started', ...base, worker: 'w' });
  // By a recorder that died with it in hand.
  await redis.xreadgroup('GROUP', 'recorder', 'dead', 'COUNT', 1000, 'STREAMS', resultsKey, '>');
  const heard = await intake.hear(taskEvents);
  await intake.startProcess();
  await until(async () => (await intake.streams.inspect(taskResults, 'recorder')).length === 0, {
    what: 'it taken',
    timeoutMs: 60_000,
  });
  t.deepEqual(await ask(), before);
  const told = await heard.next();
  t.like(told, { type: 'subtasks', changes: [{ state: 'succeeded', artifacts: [{ id: artifact.id }] }] });
});

test.serial(
  'a result that Postgres refuses is given up alone: its subtask fails and says so, and no other is held up',
  async (t) => {
    const intake = await useIntake(t);
    await intake.startWorker(async ({ ordinal }) =>
      // Too small for the column: not zero, and nothing near it.
      ordinal === 2 ? { durationMs: 1e-60 } : { result: { ['a\0']: ordinal }, durationMs: 5 },
    );
    const { id } = await intake.submit({ variables: [{ name: 'n', range: { from: 1, to: 20, step: 1 } }] });
    const states = () =>
      query(
        intake.postgres.primaryUrl,
        `SELECT state, count(*)::int FROM subtasks WHERE task_id = $1 GROUP BY state ORDER BY state`,
        [id],
      );
    await until(async () => (await intake.streams.inspect(taskResults, 'recorder')).dead === 1, {
      what: 'the result given up',
    });
    await until(async () => (await intake.streams.inspect(taskResults, 'recorder')).length === 0, {
      what: 'the others taken',
    });
    t.is((await intake.finished(id)).state, 'partially_failed');
    t.deepEqual(await states(), [
      { state: 'succeeded', count: 19 },
      { state: 'failed', count: 1 },
    ]);
    const refused = await intake.rpc.call('subtasks.get', { principal: intake.user, taskId: id, ordinal: 2 });
    t.is(refused.error?.code, 'result_refused');
    const seen = await intake.rpc.call('subtasks.get', { principal: intake.user, taskId: id, ordinal: 1 });
    t.deepEqual(seen.result, { 'a\uFFFD': 1 });
  },
);
