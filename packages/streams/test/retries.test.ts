import { inbox, until, useRedis } from '@backend2/testkit';
import test from 'ava';
import { backoffMs } from '../src/backoff.ts';
import { numbered, openStreams, running } from './support/streams.ts';

const jobs = numbered('jobs');

test('a retry storm holds no slot: every attempt is run once, and what is healthy passes at once', async (t) => {
  const { url } = await useRedis(t);
  const streams = await openStreams(t, url);
  const runs = new Map<string, number>();
  const healthy = inbox<number>('healthy message');
  const sick = 400;
  await running(
    t,
    streams.consumer(jobs, {
      group: 'g',
      concurrency: 4,
      maxAttempts: 4,
      backoff: { baseMs: 40, maxMs: 200 },
      handler: async ({ payload: { n }, attempt }) => {
        if (n >= sick) return healthy.push(n);
        const key = `${n}.${attempt}`;
        runs.set(key, (runs.get(key) ?? 0) + 1);
        throw new Error('down');
      },
    }),
  );
  await streams.publisher(jobs).publishMany(Array.from({ length: sick }, (_, n) => ({ payload: { n } })));
  await until(() => runs.size >= sick, { what: 'each run once' });
  await streams.publisher(jobs).publish({ n: sick });
  t.is(await healthy.next(), sick);
  await until(async () => (await streams.inspect(jobs, 'g')).dead === sick, {
    timeoutMs: 30_000,
    what: 'all dead',
  });
  t.is(runs.size, 4 * sick);
  t.true([...runs.values()].every((count) => count === 1));
  t.like(await streams.inspect(jobs, 'g'), { length: 0, delayed: 0 });
});

test('as many retries as one likes wait for hours without a slot or a read', async (t) => {
  const { url, client } = await useRedis(t);
  const streams = await openStreams(t, url);
  const healthy = inbox<number>('healthy message');
  const consumer = await running(
    t,
    streams.consumer(jobs, {
      group: 'g',
      backoff: { baseMs: 3_600_000, maxMs: 7_200_000 },
      handler: async ({ payload: { n } }) => {
        if (n === 300) return healthy.push(n);
        return { kind: 'retry', error: new Error('down'), ...(n === 0 && { afterMs: Number.NaN }) };
      },
    }),
  );
  await streams.publisher(jobs).publishMany(Array.from({ length: 301 }, (_, n) => ({ payload: { n } })));
  t.is(await healthy.next(), 300);
  await until(async () => (await streams.inspect(jobs, 'g')).delayed === 300, {
    what: 'every retry waiting',
  });
  await until(() => consumer.inFlight === 0, { what: 'nothing in hand' });
  // Full jitter: evenly over the hour and not all at its end.
  const scores = await client.zrange('app:{jobs}:delayed', '0', '-1', 'WITHSCORES');
  const [seconds] = (await client.time()) as unknown as [string];
  const waits = scores.filter((_, at) => at % 2 === 1).map((due) => Number(due) / 1000 - Number(seconds));
  t.true(waits.every((wait) => wait <= 3600));
  for (const quarter of [0, 1, 2, 3]) {
    const within = waits.filter((wait) => wait > quarter * 900 - 30 && wait <= (quarter + 1) * 900);
    t.true(within.length > 30, `${within.length} of 300 in quarter ${quarter}`);
  }
});

test('the ceiling of a backoff doubles with each attempt up to its maximum', (t) => {
  for (const [attempt, ceiling] of [
    [1, 100],
    [2, 200],
    [3, 400],
    [4, 500],
    [40, 500],
  ] as const) {
    const drawn = Array.from({ length: 2000 }, () => backoffMs({ baseMs: 100, maxMs: 500 }, attempt));
    t.true(drawn.every((ms) => Number.isInteger(ms) && ms >= 0 && ms <= ceiling));
    t.true(Math.max(...drawn) > 0.9 * ceiling && Math.min(...drawn) < 0.1 * ceiling);
  }
});

test('a message that is nobody’s fault but its own leaves others untouched: bad options are refused by name', async (t) => {
  const { url } = await useRedis(t);
  const streams = await openStreams(t, url);
  const publisher = streams.publisher(jobs);
  const [good, ...bad] = await Promise.allSettled([
    publisher.publish({ n: 1 }, { deduplicate: { key: 'a', ttlMs: 1000 } }),
    publisher.publish({ n: 2 }, { deduplicate: { key: 'b', ttlMs: 0 } }),
    publisher.publish({ n: 3 }, { delayMs: Number.POSITIVE_INFINITY }),
    publisher.publish({ n: 4 }, { maxAttempts: 0 }),
  ]);
  t.is(good.status, 'fulfilled');
  t.deepEqual(
    bad.map(
      (result) => /ttlMs|delayMs|maxAttempts/.exec(String((result as PromiseRejectedResult).reason))?.[0],
    ),
    ['ttlMs', 'delayMs', 'maxAttempts'],
  );
  t.is((await streams.inspect(jobs, 'g')).length, 1);
});
