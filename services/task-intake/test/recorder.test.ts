import { taskResults, type TaskResult } from '@backend2/contracts';
import { until } from '@backend2/testkit';
import test from 'ava';
import { counts, drift, query } from './books.ts';
import { startIntake } from './intake-process.ts';

test('a duplicate, a late and a foreign result change nothing, and each is counted', async (t) => {
  const intake = await startIntake(t);
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
  const books = () => query(intake.postgres.primaryUrl, `SELECT * FROM subtasks ORDER BY ordinal`);
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
