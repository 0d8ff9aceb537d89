import { inbox, until, useRedis } from '@backend2/testkit';
import test from 'ava';
import { PermanentError, RpcRemoteError } from '../src/index.ts';
import { gate, numbered, openStreams, running } from './support/streams.ts';

const jobs = numbered('jobs');
const results = numbered('results');
const broken = numbered('broken');

test('what a message emits and Redis refuses leaves the message where it is until it is taken, and holds no other up', async (t) => {
  const { url, client } = await useRedis(t);
  const warned = inbox<unknown>('warning');
  const streams = await openStreams(t, url, { onWarning: (_message, { error }) => warned.push(error) });
  await client.set('app:{broken}', 'no stream');
  const both = gate();
  let runs = 0;
  await streams.publisher(jobs).publishMany([{ payload: { n: 1 } }, { payload: { n: 2 } }]);
  await running(
    t,
    streams.consumer(jobs, {
      group: 'g',
      concurrency: 2,
      handler: async ({ payload }) => {
        if (++runs === 2) both.open();
        await both.opened;
        return { kind: 'done', emit: [{ topic: payload.n === 1 ? broken : results, payload }] };
      },
    }),
  );
  t.regex(String(await warned.next()), /WRONGTYPE/);
  await until(async () => (await client.xlen('app:{results}')) === 1, { what: 'the result of the other' });
  t.like(await streams.inspect(jobs, 'g'), { length: 1, pending: 1 });
  await client.del('app:{broken}');
  await until(async () => (await client.xlen('app:{jobs}')) === 0, { what: 'the message settled' });
  t.is(await client.xlen('app:{broken}'), 1);
  t.is(runs, 2);
});

const untellable = (): Error => Object.create(null) as Error;

test('what cannot be told as a text is a failure like any other where a handler throws it', async (t) => {
  const { url } = await useRedis(t);
  const streams = await openStreams(t, url);
  const consumer = await running(
    t,
    streams.consumer(jobs, {
      group: 'g',
      maxAttempts: 2,
      backoff: { baseMs: 1, maxMs: 2 },
      handler: () => Promise.reject(untellable()),
    }),
  );
  await streams.publisher(jobs).publish({ n: 1 });
  await until(async () => (await streams.inspect(jobs, 'g')).dead === 1, { what: 'the message dead' });
  const [letter] = await streams.deadLetters(jobs).list();
  t.like(letter, { attempts: 2, reason: 'attempts-exhausted' });
  await until(() => consumer.inFlight === 0, { what: 'its slot free' });
  await consumer.stop();
});

test('what cannot be told as a text fails a batch, which comes again, and a call, which is answered', async (t) => {
  const { url } = await useRedis(t);
  const streams = await openStreams(t, url);
  const batches = inbox<number>('batch');
  await running(
    t,
    streams.batchConsumer(jobs, {
      group: 'g',
      backoff: { baseMs: 1, maxMs: 2 },
      handler: async (messages) => {
        batches.push(messages.length);
        if (batches.all.length === 1) await Promise.reject(untellable());
      },
    }),
  );
  await streams.publisher(jobs).publish({ n: 1 });
  t.deepEqual(await batches.take(2), [1, 1]);
  const server = { name: 'rpc:odd', group: 'odd', handler: () => Promise.reject(untellable()) };
  await running(t, streams.rpcServer(server));
  const caller = await running(t, streams.rpcClient());
  const refused = await t.throwsAsync(caller.call('rpc:odd', 'any', null, { timeoutMs: 20_000 }));
  t.true(refused instanceof RpcRemoteError && refused.code === 'internal');
});

for (const form of ['consumer', 'batchConsumer'] as const) {
  test(`what a ${form} has finished and Redis does not take yet stays its own for longer than a lease`, async (t) => {
    const { url, client } = await useRedis(t);
    const warned = inbox<unknown>('warning');
    const own = await openStreams(t, url, { onWarning: (_message, { error }) => warned.push(error) });
    const streams = await openStreams(t, url);
    await client.set('app:{broken}', 'no stream');
    // Renewed every third of it: a process that stands still for less than the rest does no harm.
    const leaseMs = 2400;
    const given = { group: 'g', leaseMs, onDead: () => [{ topic: broken, payload: { n: 1 } }] };
    const handler = () => Promise.reject(new PermanentError('no'));
    await streams.publisher(jobs).publish({ n: 1 });
    const finished = await running(t, own[form](jobs, { ...given, handler }));
    await warned.next();
    let again = 0;
    await running(t, streams.consumer(jobs, { ...given, handler: async () => void again++ }));
    const from = performance.now();
    await until(() => performance.now() - from > 3 * leaseMs, { what: 'several leases passed' });
    await client.del('app:{broken}');
    await until(() => finished.inFlight === 0, { what: 'the message settled' });
    t.like(await streams.inspect(jobs, 'g'), { length: 0, dead: 1 });
    t.is(await client.xlen('app:{broken}'), 1);
    t.is(again, 0);
  });
}
