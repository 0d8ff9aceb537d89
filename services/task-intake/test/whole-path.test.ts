import { DomainError, taskEvents, webhookCreationSchema } from '@backend2/contracts';
import { httpSink, until } from '@backend2/testkit';
import test from 'ava';
import { counts, drift, query } from './books.ts';
import { aUser, startIntake, sharedIntake } from './intake-process.ts';

const useIntake = sharedIntake(test);

// The first, on tables that have just been made.
test.serial(
  'a task of 20,000 cells is cancelled within the deadline of a call, while its rows are not in the statistics yet',
  async (t) => {
    const intake = await useIntake(t);
    const values = Array.from({ length: 100 }, (_, n) => n);
    const { id: taskId } = await intake.submit({
      input: { url: 'http://localhost/{{a}}/{{b}}/{{c}}' },
      variables: [
        { name: 'a', values },
        { name: 'b', values },
        { name: 'c', values: [1, 2] },
      ],
    });
    const cancelled = await intake.rpc.call('tasks.cancel', { principal: intake.user, taskId });
    t.deepEqual(cancelled.counts, counts({ cancelled: 20_000 }));
  },
);

test.serial(
  'a task runs to its end, each cell once with its values, and the browsers hear of it',
  async (t) => {
    const intake = await useIntake(t);
    const events = await intake.hear(taskEvents);
    const urls: unknown[] = [];
    await intake.startWorker(async (job) => {
      urls.push((job.input as { url: string }).url);
      return { result: job.ordinal };
    });
    const { id } = await intake.submit({});
    const task = await intake.finished(id);
    t.is(task.state, 'succeeded');
    t.deepEqual(task.counts, counts({ succeeded: 4 }));
    t.deepEqual(
      urls.map(String).toSorted(),
      [1, 2, 3, 4].map((n) => `http://localhost/${n}`),
    );
    const { items } = await intake.rpc.call('subtasks.list', {
      principal: intake.user,
      taskId: id,
      query: { limit: 50 },
    });
    t.deepEqual(
      items.map(({ ordinal, values, result, state }) => ({ ordinal, values, result, state })),
      [0, 1, 2, 3].map((ordinal) => ({
        ordinal,
        values: { n: ordinal + 1 },
        result: ordinal,
        state: 'succeeded',
      })),
    );
    await until(() =>
      events.all.some(
        (event) => event.type === 'task' && event.taskId === id && event.task.state === 'succeeded',
      ),
    );
    const ended = events.all.flatMap((event) =>
      event.type === 'subtasks' && event.taskId === id
        ? event.changes.filter(({ state }) => state === 'succeeded')
        : [],
    );
    t.deepEqual(
      ended.map(({ ordinal }) => ordinal).toSorted((a, b) => a - b),
      [0, 1, 2, 3],
    );
  },
);

test.serial("another user's task is not there, for reading and for every change", async (t) => {
  const intake = await useIntake(t);
  const { id: taskId } = await intake.submit({});
  const principal = aUser();
  const page = { limit: 50 };
  const refused = [
    intake.rpc.call('tasks.get', { principal, taskId }),
    intake.rpc.call('tasks.cancel', { principal, taskId }),
    intake.rpc.call('tasks.pause', { principal, taskId }),
    intake.rpc.call('tasks.retry', { principal, taskId }),
    intake.rpc.call('tasks.delete', { principal, taskId }),
    intake.rpc.call('tasks.matrix', { principal, taskId, query: { fixed: {} } }),
    intake.rpc.call('subtasks.list', { principal, taskId, query: page }),
    intake.rpc.call('subtasks.get', { principal, taskId, ordinal: 0 }),
    intake.rpc.call('subtasks.update', { principal, taskId, ordinal: 0, patch: { rating: 'good' } }),
  ];
  for (const call of refused)
    t.is((await t.throwsAsync(call, { instanceOf: DomainError })).code, 'not_found');
  t.deepEqual((await intake.rpc.call('tasks.list', { principal, query: page })).items, []);
  t.is((await intake.rpc.call('tasks.get', { principal: aUser('admin'), taskId })).id, taskId);
});

test.serial('failed subtasks are kept with their error and run again on retry', async (t) => {
  const intake = await useIntake(t);
  let broken = true;
  await intake.startWorker(async (job) =>
    broken && job.ordinal % 2 === 1 ? { type: 'failed', error: { code: 'no_good', message: 'no good' } } : {},
  );
  const { id: taskId } = await intake.submit({});
  t.is((await intake.finished(taskId)).state, 'partially_failed');
  const failed = await intake.rpc.call('subtasks.get', { principal: intake.user, taskId, ordinal: 1 });
  t.deepEqual(failed.error, { code: 'no_good', message: 'no good' });
  broken = false;
  const retried = await intake.rpc.call('tasks.retry', { principal: intake.user, taskId });
  t.is(retried.counts.pending, 2);
  t.is((await intake.finished(taskId)).state, 'succeeded');
  await t.throwsAsync(intake.rpc.call('tasks.retry', { principal: intake.user, taskId }), {
    message: 'No subtask of this task has failed.',
  });
});

test.serial('a cancelled task ends at once and late results do not bring it back', async (t) => {
  const intake = await useIntake(t);
  const worker = await intake.startHeldWorker(2);
  const { id: taskId } = await intake.submit({});
  await until(() => worker.begun() === 2);
  const cancelled = await intake.rpc.call('tasks.cancel', { principal: intake.user, taskId });
  t.is(cancelled.state, 'cancelled');
  t.deepEqual(cancelled.counts, counts({ cancelled: 4 }));
  worker.release();
  await until(
    async () =>
      (await intake.streams.inspect({ name: 'task_results', parse: (x) => x }, 'recorder')).length === 0,
  );
  const after = await intake.rpc.call('tasks.get', { principal: intake.user, taskId });
  t.deepEqual(after.counts, counts({ cancelled: 4 }));
});

test.serial('a paused task is not dispatched until it is resumed', async (t) => {
  const intake = await useIntake(t);
  const { rpc, user: principal } = intake;
  const gate = Promise.withResolvers<void>();
  t.teardown(() => gate.resolve());
  const begun = new Map<string, number>();
  const begunOf = (taskId: string) => begun.get(taskId) ?? 0;
  await intake.startWorker(async ({ taskId }) => {
    begun.set(taskId, begunOf(taskId) + 1);
    await gate.promise;
  }, 4);
  const values = Array.from({ length: 100 }, (_, n) => n);
  const { id: long, total } = await intake.submit({ batchSize: 4, variables: [{ name: 'n', values }] });
  await until(() => begunOf(long) === 4, { what: 'every slot taken' });
  const { state, counts: atPause } = await rpc.call('tasks.pause', { principal, taskId: long });
  t.is(state, 'paused');
  t.true(atPause.pending > 0, JSON.stringify(atPause));
  // What was queued runs on; then the lane is empty, and the next task shows that the dispatcher went on looking.
  gate.resolve();
  await until(() => begunOf(long) === total - atPause.pending, { what: 'what was queued, run' });
  const { id: other } = await intake.submit({});
  await intake.finished(other);
  const paused = await rpc.call('tasks.get', { principal, taskId: long });
  t.like(paused, { state: 'paused', counts: { pending: atPause.pending } });
  t.is(begunOf(long), total - atPause.pending);
  t.is((await rpc.call('tasks.resume', { principal, taskId: long })).state, 'running');
  t.is((await intake.finished(long)).counts.succeeded, total);
});

test.serial('counters stay equal to the rows through a storm of results, retries and cancels', async (t) => {
  const intake = await useIntake(t);
  await intake.startWorker(async (job, attempt) => {
    const dice = (job.ordinal * 7 + attempt * 13 + job.run * 5) % 10;
    if (dice < 2) return { type: 'retrying', error: { code: 'busy', message: 'busy' } };
    return dice < 4 ? { type: 'failed', error: { code: 'bad', message: 'bad' } } : {};
  }, 64);
  const values = Array.from({ length: 40 }, (_, i) => i);
  const ids: string[] = [];
  for (let i = 0; i < 5; i += 1) {
    const { id } = await intake.submit({ batchSize: 5, variables: [{ name: 'n', values }], maxAttempts: 20 });
    ids.push(id);
  }
  const expected = new Set(['nothing_to_retry', 'task_finished', 'task_not_paused']);
  const unlessRefused = (call: Promise<unknown>) =>
    call.catch((error: unknown) => {
      if (!(error instanceof DomainError) || !expected.has(error.code)) throw error;
    });
  const { user: principal } = intake;
  const nudge = async (taskId: string, place: number) => {
    for (let i = 0; i < 5; i += 1) {
      await unlessRefused(intake.rpc.call('tasks.retry', { principal, taskId }));
      await unlessRefused(intake.rpc.call('tasks.pause', { principal, taskId }));
      await unlessRefused(intake.rpc.call('subtasks.retry', { principal, taskId, ordinal: i * 7 + place }));
      await unlessRefused(intake.rpc.call('tasks.resume', { principal, taskId }));
      if (i % 2 === 1 && place < 2)
        await unlessRefused(intake.rpc.call('tasks.cancel', { principal, taskId }));
    }
  };
  await Promise.all(ids.map(nudge));
  const ended = await Promise.all(ids.map((id) => intake.finished(id, 60_000)));
  for (const task of ended) t.is(task.counts.pending + task.counts.queued + task.counts.running, 0);
  t.deepEqual(await drift(intake.postgres.primaryUrl), []);
});

test('a task-intake killed at any moment loses nothing, runs nothing twice and tells webhooks of every cell', async (t) => {
  const intake = await startIntake(t, { WEBHOOK_PRIVATE_HOSTS: '127.0.0.1', WEBHOOK_TIMEOUT: '2s' });
  const sink = await httpSink(t, () => ({ status: 204 }));
  const webhook = webhookCreationSchema.parse({
    url: sink.url,
    events: ['subtask.finished', 'task.finished'],
  });
  await intake.rpc.call('webhooks.create', { principal: intake.user, webhook });
  const runs = new Map<string, number>();
  await intake.startWorker(async (job) => {
    const key = `${job.taskId}.${job.ordinal}`;
    runs.set(key, (runs.get(key) ?? 0) + 1);
  });
  const values = Array.from({ length: 100 }, (_, i) => i);
  const { id } = await intake.submit({ batchSize: 10, variables: [{ name: 'n', values }] });
  let victim = intake.first;
  for (let kills = 0; kills < 3; kills += 1) {
    const before = runs.size;
    await until(() => runs.size > before + 50 || runs.size === 1000, {
      timeoutMs: 60_000,
      what: 'work under way',
    });
    const next = intake.startProcess();
    victim.kill('SIGKILL');
    victim = await next;
  }
  const task = await intake.finished(id, 60_000);
  t.deepEqual(task.counts, counts({ succeeded: 1000 }));
  t.is(runs.size, 1000);
  t.deepEqual(
    [...runs.values()].filter((count) => count > 1),
    [],
  );
  t.deepEqual(await drift(intake.postgres.primaryUrl), []);
  // What is sent twice is sent under one id: as many ids as there were ends.
  const told = () => new Map(sink.requests.map(({ headers, body }) => [headers['webhook-id'], body]));
  await until(() => told().size >= 1001, { timeoutMs: 150_000, everyMs: 100, what: 'every end told' });
  t.is(told().size, 1001);
  t.is(new Set([...told().values()].map((body) => JSON.stringify(JSON.parse(body).data))).size, 1001);
});

test('what a flushed Redis held is begun anew and nothing finished runs again', async (t) => {
  const intake = await startIntake(t);
  const finished: string[] = [];
  let flushing = true;
  await intake.startWorker(async (job) => {
    const key = String(job.ordinal);
    if (flushing && finished.length >= 20) await until(() => !flushing, { timeoutMs: 30_000 });
    finished.push(key);
  }, 4);
  const values = Array.from({ length: 60 }, (_, i) => i);
  const { id } = await intake.submit({ variables: [{ name: 'n', values }] });
  await until(async () => {
    const { counts: now } = await intake.rpc.call('tasks.get', { principal: intake.user, taskId: id });
    return now.succeeded >= 20;
  });
  const settled = await query<{ ordinal: number }>(
    intake.postgres.primaryUrl,
    `SELECT ordinal FROM subtasks WHERE state = 'succeeded'`,
  );
  const { Redis } = await import('ioredis');
  const redis = new Redis(intake.redisUrl);
  await redis.flushdb();
  redis.disconnect();
  flushing = false;
  t.deepEqual((await intake.finished(id, 60_000)).counts, counts({ succeeded: 60 }));
  for (const { ordinal } of settled) t.is(finished.filter((done) => done === String(ordinal)).length, 1);
});
