import { randomUUID } from 'node:crypto';
import { control, DomainError, taskEvents, type TaskEvent } from '@backend2/contracts';
import { until, useRedis } from '@backend2/testkit';
import test, { type ExecutionContext } from 'ava';
import { startIntake } from './intake-process.ts';

/** task-intake with a Redis user of its own, which a test may forbid a command. */
const intakeOfAUser = async (t: ExecutionContext) => {
  const redis = await useRedis(t);
  const name = `intake-${randomUUID()}`;
  const rights = (...rules: string[]) => redis.client.call('ACL', 'SETUSER', name, ...rules);
  await rights('on', '>password', '~*', '&*', '+@all');
  t.teardown(() => redis.client.call('ACL', 'DELUSER', name));
  const url = new URL(redis.url);
  [url.username, url.password] = [name, 'password'];
  const intake = await startIntake(t, { REDIS_URL: url.href }, redis);
  return { intake, rights, redis };
};

test('a retry or a deletion whose kept results cannot be undone changes nothing, and may be asked for again', async (t) => {
  const { intake, rights, redis } = await intakeOfAUser(t);
  const { rpc, user: principal } = intake;
  const gate = Promise.withResolvers<void>();
  t.teardown(() => gate.resolve());
  await intake.startWorker(async ({ run }) => {
    if (run === 1) return { type: 'failed', error: { code: 'no', message: 'no' } };
    await gate.promise;
    return {};
  });
  const { id: taskId } = await intake.submit({});
  await intake.finished(taskId);
  const result = (ordinal: number) => rpc.call('subtasks.result', { principal, taskId, ordinal });
  await until(async () => (await redis.client.keys(`*task_result:{${taskId}}:*`)).length === 4, {
    what: 'the results kept',
  });
  const changes = {
    retry: () => rpc.call('tasks.retry', { principal, taskId }),
    'retry of one': () => rpc.call('subtasks.retry', { principal, taskId, ordinal: 1 }),
    deletion: () => rpc.call('tasks.delete', { principal, taskId }),
  };
  await rights('-incr');
  for (const [what, change] of Object.entries(changes)) {
    await t.throwsAsync(change(), undefined, what);
    t.like(await rpc.call('tasks.get', { principal, taskId }), { state: 'failed', counts: { failed: 4 } });
  }
  await rights('+incr');
  await changes['retry of one']();
  t.not((await result(1)).state, 'failed');
  t.is((await result(0)).state, 'failed');
  await changes.retry();
  t.not((await result(0)).state, 'failed');
  await changes.deletion();
  t.is((await t.throwsAsync(result(2), { instanceOf: DomainError })).code, 'not_found');
});

test('work is told to stop once it can be, though Redis failed at the cancel or the process died after it', async (t) => {
  const { intake, redis } = await intakeOfAUser(t);
  const { rpc, user: principal, first } = intake;
  const worker = await intake.startHeldWorker(8);
  const { id: cancelled } = await intake.submit({});
  const { id: deleted } = await intake.submit({});
  await until(() => worker.begun() === 8, { what: 'both tasks running' });
  // Orders cannot be written while something else is where they go.
  const [key = ''] = await redis.client.keys('*{control}');
  await redis.client.rename(key, 'kept');
  await redis.client.set(key, 'in the way');
  t.is((await rpc.call('tasks.cancel', { principal, taskId: cancelled })).state, 'cancelled');
  await rpc.call('tasks.delete', { principal, taskId: deleted });
  first.kill('SIGKILL');
  await first.exited;
  await redis.client.rename('kept', key);
  await intake.startProcess();
  const toldOf = async () => {
    const { messages } = await intake.streams.broadcast(control).read('0', 100);
    return messages.flatMap(({ payload }) => (payload.type === 'cancel' ? [payload.taskId] : []));
  };
  const told = await until(async () => {
    const tasks = await toldOf();
    return tasks.length >= 2 ? tasks : undefined;
  });
  t.deepEqual(told.toSorted(), [cancelled, deleted].toSorted());
});

test('a change that is done is answered as such though its event cannot be told, and it is told later, in its place', async (t) => {
  const { intake, redis } = await intakeOfAUser(t);
  const { rpc, user: principal } = intake;
  const runAt = new Date(Date.now() + 3_600_000).toISOString();
  const first = await intake.submit({ runAt });
  const doomed = await intake.submit({ runAt });
  const told = async (): Promise<TaskEvent[]> =>
    (await intake.streams.broadcast(taskEvents).read('0', 100)).messages.map(({ payload }) => payload);
  await until(async () => (await told()).length === 2, { what: 'both told' });
  const [key = ''] = await redis.client.keys('*{task_events}');
  await redis.client.rename(key, 'kept');
  await redis.client.set(key, 'in the way');
  const { id: taskId } = first;
  const paused = await rpc.call('tasks.pause', { principal, taskId });
  const resumed = await rpc.call('tasks.resume', { principal, taskId });
  await rpc.call('subtasks.update', { principal, taskId, ordinal: 0, patch: { rating: 'good' } });
  const cancelled = await rpc.call('tasks.cancel', { principal, taskId });
  await rpc.call('subtasks.retry', { principal, taskId, ordinal: 3 });
  await rpc.call('tasks.delete', { principal, taskId: doomed.id });
  const { id: last } = await intake.submit({ runAt });
  t.deepEqual([paused.state, resumed.state, cancelled.state], ['paused', 'pending', 'cancelled']);
  t.is((await rpc.call('tasks.list', { principal, query: { limit: 9 } })).items.length, 2);

  await redis.client.rename('kept', key);
  const news = await until(
    async () => {
      const after = (await told()).slice(2);
      return after.some((event) => event.taskId === last) && after;
    },
    { what: 'all told' },
  );
  const said = (event: TaskEvent): string => {
    if (event.type === 'task') return event.task.state;
    if (event.type !== 'subtasks') return event.type;
    return event.changes.map(({ ordinal, rating, state }) => `${ordinal} ${rating ?? state}`).join();
  };
  t.deepEqual(
    news.map((event) => [event.taskId, said(event)]),
    [
      [taskId, 'paused'],
      [taskId, 'pending'],
      [taskId, '0 good'],
      [taskId, '0 cancelled,1 cancelled,2 cancelled,3 cancelled'],
      [taskId, 'cancelled'],
      [taskId, '3 pending'],
      [taskId, 'pending'],
      [doomed.id, 'deleted'],
      [last, 'pending'],
    ],
  );
});
