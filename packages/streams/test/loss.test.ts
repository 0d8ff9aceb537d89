import { inbox, startOwnRedis, until } from '@backend2/testkit';
import test from 'ava';
import { Redis } from 'ioredis';
import { LeaseLostError, RedisUnavailableError, type Message } from '../src/index.ts';
import { gate, numbered, openStreams, running, type Numbered } from './support/streams.ts';

const jobs = numbered('jobs');

test('Field note 8: after a flush under load groups are made again, the owner is told, and nothing published since is missed', async (t) => {
  const redis = await startOwnRedis(t, { durable: false });
  const client = new Redis(redis.url);
  t.teardown(() => client.disconnect());
  const observed: string[] = [];
  const streams = await openStreams(t, redis.url, {
    observer: { dataLost: (topic, group) => observed.push(`${topic}/${group}`) },
  });
  const handled = new Set<number>();
  const reasons = inbox<unknown>('reason of an abort');
  let losses = 0;
  const consumers = await Promise.all(
    [1, 2].map(() =>
      running(
        t,
        streams.consumer(jobs, {
          group: 'g',
          concurrency: 4,
          leaseMs: 600,
          onDataLost: ({ topic, group }) => {
            t.deepEqual([topic, group], ['jobs', 'g']);
            losses++;
          },
          handler: async ({ payload: { n } }, { signal }) => {
            handled.add(n);
            // Some are in hand while it happens, and hear that their lease is gone.
            if (n >= 0) return;
            await new Promise<void>((resolve) =>
              signal.addEventListener('abort', () => resolve(), { once: true }),
            );
            reasons.push(signal.reason);
          },
        }),
      ),
    ),
  );
  const publisher = streams.publisher(jobs);
  let next = 0;
  let publishing = true;
  const load = (async () => {
    while (publishing) await publisher.publish({ n: next++ });
  })();

  for (let flush = 1; flush <= 2; flush++) {
    await publisher.publish({ n: -flush });
    await until(() => handled.has(-flush), { what: 'one in hand' });
    const lossesBefore = losses;
    await client.flushall();
    const from = next + 1; // What is under way may have come before the flush.
    t.true((await reasons.next()) instanceof LeaseLostError);
    await until(() => losses > lossesBefore, { what: 'onDataLost' });
    await until(() => next > from + 50, { what: 'more published' });
    const upTo = next - 1;
    await until(() => Array.from({ length: upTo - from }, (_, n) => from + n).every((n) => handled.has(n)), {
      what: 'all published since the flush handled',
    });
  }
  publishing = false;
  await load;
  await until(() => consumers.every(({ inFlight }) => inFlight === 0), { what: 'nothing in hand' });
  await until(async () => (await streams.inspect(jobs, 'g')).length === 0, { what: 'all settled' });
  t.true(observed.length >= 2 && observed.every((what) => what === 'jobs/g'));
});

test('after a flush an idle consumer is told too, and reads on', async (t) => {
  const redis = await startOwnRedis(t, { durable: false });
  const client = new Redis(redis.url);
  t.teardown(() => client.disconnect());
  const streams = await openStreams(t, redis.url);
  const lost = inbox<unknown>('loss told');
  const handled = inbox<number>('handled message');
  await running(
    t,
    streams.consumer(jobs, {
      group: 'g',
      onDataLost: (loss) => lost.push(loss),
      handler: async ({ payload }) => handled.push(payload.n),
    }),
  );
  await client.flushall();
  t.deepEqual(await lost.next(), { topic: 'jobs', group: 'g' });
  await streams.publisher(jobs).publish({ n: 7 });
  t.is(await handled.next(), 7);
});

test('delayed messages and waiting retries outlive a killed Redis and every process', async (t) => {
  const redis = await startOwnRedis(t, { settings: { appendfsync: 'always' } });
  const before = await openStreams(t, redis.url);
  const consumer = await running(
    t,
    before.consumer(jobs, {
      group: 'g',
      handler: async () => ({ kind: 'retry', error: new Error('not yet'), afterMs: 3000 }),
    }),
  );
  const publisher = before.publisher(jobs);
  const retriedId = await publisher.publish({ n: 1 });
  await until(async () => (await before.inspect(jobs, 'g')).delayed === 1, { what: 'the retry waiting' });
  await consumer.stop();
  const delayedAt = performance.now();
  const delayedId = await publisher.publish({ n: 2 }, { delayMs: 3000, maxAttempts: 7 });
  await before.stop();
  await redis.kill();
  await redis.start();

  const after = await openStreams(t, redis.url);
  t.is((await after.inspect(jobs, 'g')).delayed, 2);
  const received = inbox<Message<Numbered>>('received message');
  await running(
    t,
    after.consumer(jobs, {
      group: 'g',
      handler: async (message) => {
        received.push(message);
      },
    }),
  );
  const [retried, delayed] = await received.take(2);
  t.like(retried, { id: retriedId, payload: { n: 1 }, attempt: 2, delivery: 1 });
  t.like(delayed, { id: delayedId, payload: { n: 2 }, attempt: 1, maxAttempts: 7 });
  // Redis counts whole milliseconds.
  t.true(performance.now() - delayedAt > 3000 - 1);
  await until(
    async () => {
      const { delayed: waiting, length } = await after.inspect(jobs, 'g');
      return waiting + length === 0;
    },
    { what: 'both settled, and nothing promoted again' },
  );
});

test('a consumer whose Redis was killed and came back is told that the last writes may be lost, and reads on', async (t) => {
  const redis = await startOwnRedis(t, { settings: { appendfsync: 'always' } });
  const streams = await openStreams(t, redis.url);
  const lost = inbox<unknown>('loss told');
  const handled = inbox<number>('handled message');
  const consumer = await running(
    t,
    streams.consumer(jobs, {
      group: 'g',
      concurrency: 3,
      onDataLost: (loss) => lost.push(loss),
      handler: async ({ payload }) => handled.push(payload.n),
    }),
  );
  await streams.publisher(jobs).publish({ n: 1 });
  t.is(await handled.next(), 1);
  await redis.kill();
  await t.throwsAsync(streams.publisher(jobs).publish({ n: 2 }), { instanceOf: RedisUnavailableError });
  t.true(consumer.idleMs() < 5000, 'a Redis that is gone is no fault of this process');
  await redis.start();
  await lost.next();
  await streams.publisher(jobs).publish({ n: 3 });
  t.is(await handled.next(), 3);
});

test('an outcome that a Redis out of reach could not take is said again when it is back, and nothing is run twice', async (t) => {
  const redis = await startOwnRedis(t, { settings: { appendfsync: 'always' } });
  const warned = inbox<string>('warning');
  const streams = await openStreams(t, redis.url, {
    onWarning: (message) => {
      if (message === 'settling failed and is tried again') warned.push(message);
    },
  });
  const results = numbered('results');
  const { opened, open } = gate();
  let runs = 0;
  const consumer = await running(
    t,
    streams.consumer(jobs, {
      group: 'g',
      concurrency: 2,
      handler: async ({ payload }) => {
        runs++;
        await opened;
        return { kind: 'done', emit: [{ topic: results, payload }] };
      },
    }),
  );
  await streams.publisher(jobs).publish({ n: 1 });
  await until(() => runs === 1, { what: 'the message in hand' });
  await redis.kill();
  open();
  // By now the connection has given up by itself.
  await warned.next(20_000);
  await redis.start();
  await until(() => consumer.inFlight === 0, { what: 'the outcome taken', timeoutMs: 20_000 });
  t.like(await streams.inspect(jobs, 'g'), { length: 0, pending: 0 });
  t.is((await streams.inspect(results, 'none')).length, 1);
  t.is(runs, 1);
});

test('Field note 4: out of memory is not ready whatever PING says, refuses publishes, and is drained all the same', async (t) => {
  const redis = await startOwnRedis(t, { durable: false });
  const client = new Redis(redis.url);
  t.teardown(() => client.disconnect());
  const streams = await openStreams(t, redis.url);
  await streams.checkWritable();
  const results = numbered('results');
  const publisher = streams.publisher(jobs);
  const consumer = await running(
    t,
    streams.consumer(jobs, {
      group: 'g',
      concurrency: 0,
      handler: async ({ payload: { n }, attempt }) => {
        if (n === 1) return { kind: 'done' };
        if (n === 2) return { kind: 'done', emit: [{ topic: results, payload: { n } }] };
        if (n === 3 && attempt === 1) return { kind: 'retry', error: new Error('again'), afterMs: 20 };
        return { kind: n === 3 ? 'done' : 'dead', error: new Error('no') };
      },
    }),
  );
  await publisher.publishMany([1, 2, 3, 4].map((n) => ({ payload: { n } })));
  await client.config('SET', 'maxmemory', '1');
  t.is(await client.ping(), 'PONG');
  await t.throwsAsync(streams.checkWritable(), { instanceOf: RedisUnavailableError, message: /OOM/ });
  await t.throwsAsync(publisher.publish({ n: 5 }), { instanceOf: RedisUnavailableError, message: /OOM/ });
  await t.throwsAsync(publisher.publish({ n: 6 }, { delayMs: 1000 }), { instanceOf: RedisUnavailableError });

  // One at a time, so that the first write of every script is its own.
  consumer.setConcurrency(1);
  await until(
    async () => {
      const { length, delayed, dead } = await streams.inspect(jobs, 'g');
      return length === 0 && delayed === 0 && dead === 1;
    },
    { what: 'all of every fate drained' },
  );
  t.is(await client.xlen('app:{results}'), 1);
  await client.config('SET', 'maxmemory', '0');
  await streams.checkWritable();
});
