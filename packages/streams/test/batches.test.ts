import { inbox, until, useRedis } from '@backend2/testkit';
import test from 'ava';
import { createStreams, type Message, PermanentError } from '../src/index.ts';
import { gate, numbered, openStreams, running, type Numbered } from './support/streams.ts';

const jobs = numbered('jobs');
const results = numbered('results');
const quick = { baseMs: 1, maxMs: 5 };
const numbers = (messages: readonly Message<Numbered>[]): number[] =>
  messages.map(({ payload }) => payload.n);
const publish = (streams: Awaited<ReturnType<typeof openStreams>>, list: readonly number[]) =>
  streams.publisher(jobs).publishMany(list.map((n) => ({ payload: { n } })));

test('messages come in batches, in stream order, one batch at a time and none above its size', async (t) => {
  const { url, client } = await useRedis(t);
  const streams = await openStreams(t, url);
  const all = Array.from({ length: 250 }, (_, n) => n);
  await publish(streams, all);
  const batches: number[][] = [];
  let atOnce = 0;
  await running(
    t,
    streams.batchConsumer(jobs, {
      group: 'g',
      batchSize: 40,
      handler: async (messages) => {
        t.is(++atOnce, 1);
        batches.push(numbers(messages));
        await new Promise((resolve) => setImmediate(resolve));
        atOnce--;
      },
    }),
  );
  await until(async () => (await client.xlen('app:{jobs}')) === 0 && batches.flat().length === 250, {
    what: 'all handled and settled',
  });
  t.deepEqual(batches.flat(), all);
  t.true(batches.every(({ length }) => length <= 40));
  t.true(batches.length < 60);
});

test('a batch that fails comes again whole, and none of it is acked before', async (t) => {
  const { url } = await useRedis(t);
  const streams = await openStreams(t, url);
  const batches = inbox<number[]>('batch');
  let failures = 3;
  await publish(streams, [1, 2, 3]);
  await running(
    t,
    streams.batchConsumer(jobs, {
      group: 'g',
      batchSize: 3,
      backoff: quick,
      handler: async (messages) => {
        batches.push(numbers(messages));
        if (failures-- > 0) {
          t.is((await streams.inspect(jobs, 'g')).pending, 3);
          throw new Error('the database is away');
        }
      },
    }),
  );
  t.deepEqual(
    await batches.take(4),
    Array.from({ length: 4 }, () => [1, 2, 3]),
  );
  await until(async () => (await streams.inspect(jobs, 'g')).length === 0, { what: 'the batch settled' });
  t.is((await streams.inspect(jobs, 'g')).dead, 0);
});

test('a message that cannot be handled is found and dead-lettered alone, and a failing onDead holds nothing up', async (t) => {
  const { url, client } = await useRedis(t);
  const warned: string[] = [];
  const streams = await openStreams(t, url, { onWarning: (message) => warned.push(message) });
  await client.xadd('app:{jobs}', '*', 'm', '@x,y;id\n{"n":0}');
  await publish(streams, [1, 2, 3, 4, 5, 6, 7]);
  const handled: number[] = [];
  await running(
    t,
    streams.batchConsumer(jobs, {
      group: 'g',
      handler: async (messages) => {
        const list = numbers(messages);
        if (list.includes(5)) throw new PermanentError('5 breaks a constraint');
        handled.push(...list);
      },
      onDead: ({ reason }) => {
        if (reason === 'unparsable') throw new Error('onDead broke');
        return [{ topic: results, payload: { n: 5 } }];
      },
    }),
  );
  await until(async () => (await streams.inspect(jobs, 'g')).length === 0, { what: 'all settled' });
  t.deepEqual(
    handled.toSorted((a, b) => a - b),
    [1, 2, 3, 4, 6, 7],
  );
  const dead = await streams.deadLetters(jobs).list();
  t.deepEqual(Object.fromEntries(dead.map(({ payload, reason }) => [payload?.n, reason])), {
    0: 'unparsable',
    5: 'permanent',
  });
  t.is(await client.xlen('app:{results}'), 1);
  t.true(warned.includes('onDead failed: the message is dead-lettered without it'));
});

test('a batch slower than several leases stays its consumer’s, and a stop in the middle of it hands it over at once', async (t) => {
  const { url } = await useRedis(t);
  const leaving = createStreams({ connection: { kind: 'single', url } });
  await running(t, leaving);
  const streams = await openStreams(t, url);
  const { opened, open } = gate();
  t.teardown(open);
  const leaseMs = 2400;
  await publish(streams, [1, 2, 3]);
  const first = leaving.batchConsumer(jobs, { group: 'g', leaseMs, batchSize: 10, handler: () => opened });
  await running(t, first);
  await until(() => first.inFlight === 3, { what: 'the batch in hand' });
  const batches = inbox<Message<Numbered>>('batch');
  await running(
    t,
    streams.batchConsumer(jobs, {
      group: 'g',
      leaseMs,
      handler: async (messages) => messages.forEach((message) => batches.push(message)),
    }),
  );
  const from = performance.now();
  await until(() => performance.now() - from > 3 * leaseMs, { what: 'several leases passed' });
  t.is(batches.all.length, 0);
  await first.stop(AbortSignal.abort());
  const taken = await batches.take(3);
  t.deepEqual(numbers(taken), [1, 2, 3]);
  t.true(taken.every(({ delivery }) => delivery === 1));
});

test('a graceful stop finishes and acks the batch in hand', async (t) => {
  const { url, client } = await useRedis(t);
  const streams = await openStreams(t, url);
  const { opened, open } = gate();
  await publish(streams, [1, 2]);
  const consumer = streams.batchConsumer(jobs, { group: 'g', handler: () => opened });
  await consumer.start();
  await until(() => consumer.inFlight === 2, { what: 'the batch in hand' });
  const stopped = consumer.stop();
  open();
  await stopped;
  t.is(await client.xlen('app:{jobs}'), 0);
});

test('what a lost consumer had in hand comes alone, and is dead-lettered after maxDeliveries', async (t) => {
  const { url, client } = await useRedis(t);
  const streams = await openStreams(t, url);
  await publish(streams, [1, 2, 3, 4]);
  await client.xgroup('CREATE', 'app:{jobs}', 'g', '0');
  // Three consumers were lost with 1 in hand, one with 2 and 3.
  await client.xreadgroup('GROUP', 'g', 'lost', 'COUNT', 3, 'STREAMS', 'app:{jobs}', '>');
  const [one] = await client.xrange('app:{jobs}', '-', '+', 'COUNT', 1);
  for (const name of ['lost too', 'lost as well']) {
    await client.xclaim('app:{jobs}', 'g', name, 0, one?.[0] ?? '');
  }
  const batches: number[][] = [];
  await running(
    t,
    streams.batchConsumer(jobs, {
      group: 'g',
      leaseMs: 200,
      maxDeliveries: 3,
      handler: async (messages) => void batches.push(numbers(messages)),
    }),
  );
  await until(async () => (await client.xlen('app:{jobs}')) === 0, { what: 'all settled' });
  t.deepEqual(
    batches.filter((batch) => batch.includes(2) || batch.includes(3)),
    [[2], [3]],
  );
  t.deepEqual(
    (await streams.deadLetters(jobs).list()).map(({ payload, reason }) => [payload?.n, reason]),
    [[1, 'deliveries-exhausted']],
  );
});
