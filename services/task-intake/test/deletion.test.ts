import { control, DomainError, type ControlMessage } from '@backend2/contracts';
import { until } from '@backend2/testkit';
import test from 'ava';
import { counts, drift, query } from './books.ts';
import { sharedIntake } from './intake-process.ts';

const useIntake = sharedIntake(test);

test.serial(
  'a deleted task is gone for everyone, its running work is told to stop, and its rows stay',
  async (t) => {
    const intake = await useIntake(t);
    const orders: ControlMessage[] = [];
    const subscription = intake.streams
      .broadcast(control)
      .subscribe({ from: '0', handler: ({ payload }) => void orders.push(payload) });
    await subscription.start();
    t.teardown(() => subscription.stop(AbortSignal.abort()));
    const worker = await intake.startHeldWorker(2);
    const { id: taskId } = await intake.submit({});
    await until(() => worker.begun() === 2);
    const { user: principal } = intake;
    await intake.rpc.call('tasks.delete', { principal, taskId });
    const stops = () => orders.filter((order) => order.type === 'cancel' && order.taskId === taskId);
    await until(() => stops().length === 1, { what: 'the order to stop' });
    worker.release();
    const { id: next } = await intake.submit({});
    await intake.finished(next);
    for (const call of [
      intake.rpc.call('tasks.get', { principal, taskId }),
      intake.rpc.call('tasks.retry', { principal, taskId }),
      intake.rpc.call('tasks.delete', { principal, taskId }),
      intake.rpc.call('subtasks.get', { principal, taskId, ordinal: 0 }),
    ])
      t.is((await t.throwsAsync(call, { instanceOf: DomainError })).code, 'not_found');
    const { items } = await intake.rpc.call('tasks.list', { principal, query: { limit: 50 } });
    t.deepEqual(
      items.map(({ id }) => id),
      [next],
    );
    const [row] = await query(
      intake.postgres.primaryUrl,
      `SELECT pending, queued, running, succeeded, failed, cancelled FROM tasks
     WHERE id = '${taskId}' AND deleted_at IS NOT NULL`,
    );
    t.deepEqual({ ...row }, counts({ cancelled: 4 }));
    t.deepEqual(await drift(intake.postgres.primaryUrl), []);
  },
);

test.serial('cancelling again tells the workers again, should they not have heard', async (t) => {
  const intake = await useIntake(t);
  const worker = await intake.startHeldWorker(4);
  const { id: taskId } = await intake.submit({});
  await until(() => worker.begun() === 4);
  const orders = async () => {
    const { messages } = await intake.streams.broadcast(control).read('0', 100);
    return messages
      .map(({ payload }) => payload)
      .filter((order) => order.type === 'cancel' && order.taskId === taskId);
  };
  const cancel = () => intake.rpc.call('tasks.cancel', { principal: intake.user, taskId });
  t.is((await cancel()).counts.cancelled, 4);
  t.is((await cancel()).counts.cancelled, 4);
  const order = { type: 'cancel', taskId, upToRun: 1 };
  t.deepEqual(await until(async () => ((await orders()).length < 2 ? undefined : orders())), [order, order]);
});

test.serial(
  'one cancelled or failed subtask is run again by itself, and a finished one is not',
  async (t) => {
    const intake = await useIntake(t);
    const { id: taskId } = await intake.submit({ runAt: new Date(Date.now() + 3_600_000).toISOString() });
    const { user: principal } = intake;
    await intake.rpc.call('tasks.cancel', { principal, taskId });
    await query(intake.postgres.primaryUrl, `UPDATE tasks SET run_at = NULL WHERE id = '${taskId}'`);
    await intake.startWorker(async () => {});
    const retried = await intake.rpc.call('subtasks.retry', { principal, taskId, ordinal: 2 });
    t.not(retried.state, 'cancelled');
    const task = await intake.finished(taskId);
    t.is(task.state, 'partially_failed');
    t.deepEqual(task.counts, counts({ succeeded: 1, cancelled: 3 }));
    const again = intake.rpc.call('subtasks.retry', { principal, taskId, ordinal: 2 });
    t.is((await t.throwsAsync(again, { instanceOf: DomainError })).code, 'nothing_to_retry');
    const none = intake.rpc.call('subtasks.retry', { principal, taskId, ordinal: 4 });
    t.is((await t.throwsAsync(none, { instanceOf: DomainError })).code, 'not_found');
  },
);

test.serial(
  'a subtask that is retried after its task was cancelled runs, whether it had begun before or not',
  async (t) => {
    const intake = await useIntake(t);
    const { rpc, user: principal } = intake;
    const orders = await intake.hear(control);
    const gate = Promise.withResolvers<void>();
    t.teardown(() => gate.resolve());
    const runs = new Map<number, number[]>();
    await intake.startWorker(async ({ ordinal, run }) => {
      runs.set(ordinal, [...(runs.get(ordinal) ?? []), run]);
      if (ordinal === 0 && run === 1) return { type: 'failed', error: { code: 'no', message: 'no' } };
      await gate.promise;
      return {};
    }, 2);
    const values = Array.from({ length: 100 }, (_, n) => n);
    const { id: taskId } = await intake.submit({ variables: [{ name: 'n', values }] });
    const stateOf = async (ordinal: number) =>
      (await rpc.call('subtasks.get', { principal, taskId, ordinal })).state;
    await until(async () => (await stateOf(0)) === 'failed', { what: 'the first subtask failed' });
    await rpc.call('tasks.cancel', { principal, taskId });
    let order = await orders.next();
    while (order.type !== 'cancel' || order.taskId !== taskId) order = await orders.next();
    const { upToRun } = order;
    t.is(await stateOf(99), 'cancelled');
    gate.resolve();
    for (const ordinal of [0, 1, 99]) {
      await rpc.call('subtasks.retry', { principal, taskId, ordinal });
      await until(async () => (await stateOf(ordinal)) === 'succeeded', {
        what: `subtask ${ordinal} run again`,
      });
      t.true((runs.get(ordinal)?.at(-1) ?? 0) > upToRun, `subtask ${ordinal} is not what was to stop`);
    }
  },
);
