import { control, DomainError, type ControlMessage } from '@backend2/contracts';
import { until } from '@backend2/testkit';
import test, { type ExecutionContext } from 'ava';
import { Redis } from 'ioredis';
import { query } from './books.ts';
import { aUser, startIntake, type Intake, sharedIntake } from './intake-process.ts';

const useIntake = sharedIntake(test);

const admin = aUser('admin');

const ordersOf = async (t: ExecutionContext, { streams }: Intake): Promise<ControlMessage[]> => {
  const heard: ControlMessage[] = [];
  const subscription = streams
    .broadcast(control)
    .subscribe({ from: '0', handler: ({ payload }) => void heard.push(payload) });
  await subscription.start();
  t.teardown(() => subscription.stop(AbortSignal.abort()));
  return heard;
};

const laneOf = async (intake: Intake, lane: string) => {
  const { items } = await intake.rpc.call('lanes.list', { principal: admin });
  return items.find((one) => one.lane === lane);
};

test('a paused lane begins nothing, over a restart and a flushed Redis, while the other goes on; resumed it does all', async (t) => {
  const intake = await startIntake(t);
  const orders = await ordersOf(t, intake);
  const told = (paused: boolean) =>
    orders.filter((order) => order.type === 'lane' && order.lane === 'standard' && order.paused === paused);
  await until(() => told(false).length === 1, { what: 'the word of the first dispatcher' });
  const paused = await intake.rpc.call('lanes.pause', { principal: admin, lane: 'standard' });
  t.true(paused.paused);
  t.is(paused.changedBy, admin.userId);
  await until(() => told(true).length === 1, { what: 'the order to the workers' });
  await intake.startWorker(async () => {});
  await intake.startWorker(async () => {}, 4, 'lumina');
  const { id } = await intake.submit({});

  intake.first.kill('SIGKILL');
  await intake.startProcess();
  await until(() => told(true).length >= 2, { what: 'the word of the next dispatcher' });
  const redis = new Redis(intake.redisUrl);
  t.teardown(() => redis.disconnect());
  await redis.flushdb();
  const { id: other } = await intake.submit({ lane: 'lumina' });
  await intake.finished(other);
  t.is((await intake.rpc.call('tasks.get', { principal: intake.user, taskId: id })).counts.pending, 4);
  t.like(await laneOf(intake, 'standard'), { paused: true, pending: 4, queued: 0 });
  t.like(await laneOf(intake, 'lumina'), { paused: false, changedBy: null });

  t.false((await intake.rpc.call('lanes.resume', { principal: admin, lane: 'standard' })).paused);
  t.is((await intake.finished(id)).state, 'succeeded');
});

test.serial('workers that start long after the order still learn that their lane is paused', async (t) => {
  const intake = await useIntake(t);
  const lane = { principal: admin, lane: 'standard' } as const;
  t.teardown(async () => void (await intake.rpc.call('lanes.resume', lane)));
  await intake.rpc.call('lanes.pause', lane);
  const orders = await ordersOf(t, intake);
  const again = () => orders.filter((order) => order.type === 'lane' && order.paused).length >= 2;
  t.true(await until(again, { what: 'the order said again' }));
});

test.serial('only an admin sees, pauses and resumes lanes', async (t) => {
  const intake = await useIntake(t);
  const principal = aUser();
  for (const call of [
    intake.rpc.call('lanes.list', { principal }),
    intake.rpc.call('lanes.pause', { principal, lane: 'standard' }),
    intake.rpc.call('lanes.resume', { principal, lane: 'standard' }),
  ])
    t.is((await t.throwsAsync(call, { instanceOf: DomainError })).code, 'admin_only');
});

test('a kind is known on the lane whose workers run it, also once none of them runs any more', async (t) => {
  const intake = await startIntake(t);
  await intake.announceWorker({ kinds: ['echo.run'] });
  const known = async () => (await laneOf(intake, 'standard'))?.kinds.includes('echo.run') === true;
  await until(known, { what: 'the kind of the worker' });
  t.like(await laneOf(intake, 'standard'), { workers: 1, slots: 8, busy: 3 });
  await until(
    async () => {
      const sql = `SELECT kinds FROM lanes WHERE lane = 'standard'`;
      const [row] = await query<{ kinds: object }>(intake.postgres.primaryUrl, sql);
      return row !== undefined && 'echo.run' in row.kinds;
    },
    { what: 'the kind remembered' },
  );
  intake.first.kill('SIGKILL');
  await intake.startProcess();
  t.true(await known());
  t.is((await laneOf(intake, 'standard'))?.workers, 0);
  t.is((await intake.submit({ kind: 'echo.run' })).total, 4);
  const refused = await t.throwsAsync(intake.submit({ kind: 'echo.run', lane: 'lumina' }), {
    instanceOf: DomainError,
  });
  t.deepEqual(
    refused.details.issues?.map(({ path }) => path),
    ['/kind'],
  );
});

test.serial(
  'cells are dispatched with the costly axis outermost, and keep their addresses and their retries',
  async (t) => {
    const intake = await useIntake(t);
    await intake.announceWorker({ kinds: ['echo.run'], costlyInputs: { 'echo.run': ['/model'] } });
    await until(async () => (await laneOf(intake, 'standard'))?.kinds.length === 1);
    const seen: { ordinal: number; model: string; prompt: number }[] = [];
    let broken = true;
    await intake.startWorker(async ({ ordinal, input }) => {
      seen.push({ ordinal, ...(input as { model: string; prompt: number }) });
      return broken && ordinal === 1 ? { type: 'failed', error: { code: 'bad', message: 'bad' } } : {};
    }, 1);
    const prompts = Array.from({ length: 40 }, (_, i) => i);
    const models = ['a', 'b', 'c'];
    const { id: taskId } = await intake.submit({
      kind: 'echo.run',
      input: { prompt: '{{prompt}}', model: '{{model}}' },
      variables: [
        { name: 'prompt', values: prompts },
        { name: 'model', values: models },
      ],
    });
    t.is((await intake.finished(taskId)).state, 'partially_failed');
    t.deepEqual(
      seen,
      models.flatMap((model, m) =>
        prompts.map((prompt) => ({ ordinal: prompt * models.length + m, model, prompt })),
      ),
    );
    broken = false;
    await intake.rpc.call('tasks.retry', { principal: intake.user, taskId });
    t.is((await intake.finished(taskId)).state, 'succeeded');
    t.is(seen.length, 121);
    t.is(seen.at(-1)?.ordinal, 1);
  },
);
