import { setImmediate as turn } from 'node:timers/promises';
import { until, useRedis } from '@backend2/testkit';
import test from 'ava';
import { killPointProxy } from './support/kill-point-proxy.ts';
import { gate, numbered, openStreams, running } from './support/streams.ts';
import { tcpProxy } from './support/tcp-proxy.ts';

const jobs = numbered('jobs');
const many = (count: number) => Array.from({ length: count }, (_, n) => ({ payload: { n } }));

test('while more waits two reads take turns, each for half of the slots, and never more is held than there are', async (t) => {
  const { url, client } = await useRedis(t);
  const proxy = await killPointProxy(t, url, Number.POSITIVE_INFINITY, () => undefined);
  const streams = await openStreams(t, proxy.url);
  const reads = () => proxy.commands.filter(([name]) => name === 'xreadgroup');
  const count = (read: readonly string[]) => Number(read[read.indexOf('COUNT') + 1]);
  let inHand = 0;
  let most = 0;
  const handled: number[] = [];
  await streams.publisher(jobs).publishMany(many(400));
  await running(
    t,
    streams.consumer(jobs, {
      group: 'g',
      concurrency: 8,
      handler: async ({ payload: { n } }) => {
        most = Math.max(most, ++inHand);
        // The first end at once, the last only when more of them could have come.
        if (n >= 300) for (let turns = 0; turns < 50; turns++) await turn();
        inHand--;
        handled.push(n);
      },
    }),
  );
  await until(async () => (await client.xlen('app:{jobs}')) === 0);
  t.deepEqual(
    handled.toSorted((a, b) => a - b),
    many(400).map(({ payload }) => payload.n),
  );
  t.true(most <= 8, `${most} in hand`);
  const readingOn = reads().filter((read) => !read.includes('BLOCK'));
  t.true(readingOn.length >= 50, `${readingOn.length} reads on`);
  t.true(readingOn.every((read) => count(read) <= 4));
  // Drained, it waits again, with all its slots.
  const last = () => reads().at(-1) ?? [];
  t.truthy(await until(() => last().includes('BLOCK') && count(last()) === 8));
});

test('connections cut while two reads are under way lose no message and no slot', async (t) => {
  const { url, client } = await useRedis(t);
  const proxy = await tcpProxy(t, url);
  const streams = await openStreams(t, proxy.url);
  const direct = await openStreams(t, url);
  const handled = new Set<number>();
  const { opened, open } = gate();
  let waiting = 0;
  await direct.publisher(jobs).publishMany(many(1200));
  await running(
    t,
    streams.consumer(jobs, {
      group: 'g',
      concurrency: 8,
      handler: async ({ payload: { n } }) => {
        if (n < 0) {
          waiting++;
          await opened;
          return;
        }
        handled.add(n);
        if (handled.size % 200 === 0) proxy.cut();
      },
    }),
  );
  await until(async () => (await client.xlen('app:{jobs}')) === 0, {
    timeoutMs: 30_000,
    what: 'an empty stream',
  });
  t.is(handled.size, 1200);
  await direct.publisher(jobs).publishMany(Array.from({ length: 9 }, () => ({ payload: { n: -1 } })));
  await until(() => waiting === 8, { what: 'all slots in use' });
  open();
  await until(() => waiting === 9);
});

test('a message that emits while reads are under way is settled with them, and at once when nothing more waits', async (t) => {
  const { url, client } = await useRedis(t);
  const streams = await openStreams(t, url);
  const results = numbered('results');
  await streams.publisher(jobs).publishMany(many(101));
  await running(
    t,
    streams.consumer(jobs, {
      group: 'g',
      concurrency: 8,
      handler: async ({ payload }) => ({ kind: 'done', emit: [{ topic: results, payload }] }),
    }),
  );
  await until(async () => (await client.xlen('app:{jobs}')) === 0);
  const emitted = await Array.fromAsync(streams.contents(results));
  t.deepEqual(
    emitted.map(({ payload }) => payload.n).toSorted((a, b) => a - b),
    many(101).map(({ payload }) => payload.n),
  );
});
