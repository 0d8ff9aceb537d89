import { useRedis } from '@backend2/testkit';
import test from 'ava';
import type { Redis } from 'ioredis';
import { runScript, scripts } from '../src/lua-script.ts';
import { reapPauseMs } from '../src/name-reaper.ts';
import { releasedName, tick } from '../src/tick.ts';
import { openStreams, numbered } from './support/streams.ts';

// A script holds up every client of Redis while it runs, so each takes on no more than it was told to.

const jobs = numbered('jobs');
const [stream, delayed] = ['app:{jobs}', 'app:{jobs}:delayed'];
/** Longer than the slowest test takes. */
const leaseMs = 600_000;
const maxDeliveries = 3;
const page = 50;

/** Entries of a consumer that was lost a while ago. */
const abandoned = async (client: Redis, count: number, deliveries: number): Promise<void> => {
  const appended = client.pipeline();
  for (let n = 0; n < count; n++) appended.xadd(stream, '*', 'm', `m${n}\n${JSON.stringify({ n })}`);
  await appended.exec();
  await client.xgroup('CREATE', stream, 'g', '0');
  await client.xreadgroup('GROUP', 'g', 'lost', 'COUNT', count, 'STREAMS', stream, '>');
  const ids = (await client.xrange(stream, '-', '+')).map(([id]) => id);
  const idle = ['IDLE', String(2 * leaseMs), 'RETRYCOUNT', String(deliveries), 'JUSTID'];
  await client.call('XCLAIM', stream, 'g', 'lost', '0', ...ids, ...idle);
};

const look = async (client: Redis, room: number, from = '-', promoteMost = 0, suspects = 0) => {
  const of = { keys: { stream, delayed }, group: 'g', consumer: 'me', leaseMs, maxDeliveries };
  const { claimed, lookFrom } = await tick(client, of, { room, suspects, from }, { promoteMost, page });
  return { claimed: claimed.length / 3, next: lookFrom };
};

test('a look for expired entries claims as many as there is room for, however many there are', async (t) => {
  const { client } = await useRedis(t);
  await abandoned(client, 500, 1);
  t.is((await look(client, 0)).claimed, 0);
  t.is((await look(client, 20)).claimed, 20);
  t.is((await look(client, 7)).claimed, 7);
  const [[, , mine]] = (await client.xpending(stream, 'g', '-', '+', 1, 'me')) as [[string, string, number]];
  t.true(mine < leaseMs, 'their leases begin anew');
});

test('of entries on their last delivery as many are claimed as it was told, and of those past it a page that needs no room', async (t) => {
  const { client } = await useRedis(t);
  await abandoned(client, 500, maxDeliveries - 1);
  t.is((await look(client, 20)).claimed, 0);
  t.is((await look(client, 0, '-', 0, 1)).claimed, 1);
  await client.flushdb();
  await abandoned(client, 500, maxDeliveries);
  t.is((await look(client, 0)).claimed, page);
});

test('of all that others run a look sees one page, and each has its turn', async (t) => {
  const { client } = await useRedis(t);
  await abandoned(client, 500, 1);
  const ids = (await client.xrange(stream, '-', '+')).map(([id]) => id);
  const renewed = ids.toSpliced(420, 1);
  await client.call('XCLAIM', stream, 'g', 'lost', '0', ...renewed, 'JUSTID');
  const claimed: number[] = [];
  let from = '-';
  for (let pages = 0; pages <= 500 / page; pages++) {
    const seen = await look(client, 20, from);
    claimed.push(seen.claimed);
    from = seen.next;
  }
  t.deepEqual(claimed, [0, 0, 0, 0, 0, 0, 0, 0, 1, 0, 0]);
  t.is(from, '-', 'from the beginning again');
});

test('what there was no room for is where the next look begins', async (t) => {
  const { client } = await useRedis(t);
  await abandoned(client, 500, 1);
  const ids = (await client.xrange(stream, '-', '+')).map(([id]) => id);
  await client.call('XCLAIM', stream, 'g', 'lost', '0', ...ids.slice(0, 10), 'JUSTID');
  t.deepEqual(await look(client, 0), { claimed: 0, next: ids[10] });
  t.deepEqual(await look(client, 20, ids[10]), { claimed: 20, next: ids[30] });
});

test('what was released is seen at once, behind however many that others run', async (t) => {
  const { client } = await useRedis(t);
  await abandoned(client, 500, 1);
  const ids = (await client.xrange(stream, '-', '+')).map(([id]) => id);
  await client.call('XCLAIM', stream, 'g', 'lost', '0', ...ids.slice(0, 490), 'JUSTID');
  await client.call('XCLAIM', stream, 'g', 'leaving', '0', ...ids.slice(490), 'JUSTID');
  const leave = () => runScript(client, scripts.leave, [stream], ['g', 'leaving', releasedName, 4]);
  t.deepEqual([await leave(), await leave(), await leave()], [0, 0, 1], 'in batches');
  t.is((await look(client, 20)).claimed, 10);
});

test('of delayed messages that are due as many are promoted as it was told, oldest first', async (t) => {
  const { url, client } = await useRedis(t);
  const streams = await openStreams(t, url);
  await client.xgroup('CREATE', stream, 'g', '0', 'MKSTREAM');
  const due = client.pipeline();
  for (let n = 0; n < 500; n++) due.zadd(delayed, 1000 + n, `m${n};1\nm${n}\n{"n":${n}}`);
  await due.exec();
  await look(client, 0, '-', 30);
  t.like(await streams.inspect(jobs, 'g'), { length: 30, delayed: 470 });
  const promoted = (await client.xrange(stream, '-', '+')).map(([, fields]) => fields[1]?.split('\n')[1]);
  t.deepEqual(
    promoted,
    Array.from({ length: 30 }, (_, n) => `{"n":${n}}`),
  );
});

test('names of consumers that are gone are removed in batches', async (t) => {
  const { client } = await useRedis(t);
  await client.xgroup('CREATE', stream, 'g', '0', 'MKSTREAM');
  const gone = client.pipeline();
  for (let n = 0; n < 120; n++) gone.xgroup('CREATECONSUMER', stream, 'g', `gone-${n}`);
  await gone.exec();
  const reap = () => runScript(client, scripts.reap, [stream], ['g', 0, 'gone-7', 50]);
  const removedAndLeft = [
    [50, 70],
    [50, 20],
    [19, 1],
    [0, 1],
  ];
  for (const counts of removedAndLeft) t.deepEqual(await reap(), counts);
});

test('the more consumers there are, the more seldom each looks at the names of all, unless there are some to remove', (t) => {
  const pausesOf = (consumers: number) => {
    const pauses = [0];
    while (pauses.length < 6) pauses.push(reapPauseMs(30_000, pauses.at(-1)!, 0, consumers));
    return pauses.slice(1).map((pause) => pause / 30_000);
  };
  t.deepEqual(pausesOf(100), [1, 1, 1, 1, 1]);
  t.deepEqual(pausesOf(1000), [1, 2, 4, 8, 10]);
  t.is(reapPauseMs(30_000, 300_000, 1, 999), 30_000);
  t.is(reapPauseMs(300, 0, 0, 1), 5000);
});
