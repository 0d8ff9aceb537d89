import { control } from '@backend2/contracts';
import { until } from '@backend2/testkit';
import test from 'ava';
import { startIntake } from './intake-process.ts';

test('a subtask that is retried after its task was cancelled runs, whether it had begun before or not', async (t) => {
  const intake = await startIntake(t);
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
  while (order.type !== 'cancel') order = await orders.next();
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
});
