import { useRedis } from '@backend2/testkit';
import test from 'ava';
import type { Redis } from 'ioredis';
import { runScript, scripts } from '../src/lua-script.ts';
import { openStreams, numbered } from './support/streams.ts';

// A script holds up every client of Redis while it runs, so each takes on no more than it was told to.

const jobs = numbered('jobs');
const [stream, delayed] = ['app:{jobs}', 'app:{jobs}:delayed'];
const leaseMs = 1000;
const maxDeliveries = 3;
/** Of entries to be buried, which need no slot. */
const buriedAtOnce = 100;

/** Entries of a consumer that was lost a while ago. */
const abandoned = async (client: Redis, count: number, deliveries: number): Promise<void> => {
  const appended = client.pipeline();
  for (let n = 0; n < count; n++) appended.xadd(stream, '*', 'h', `m${n}`, 'p', JSON.stringify({ n }));
  await appended.exec();
  await client.xgroup('CREATE', stream, 'g', '0');
  await client.xreadgroup('GROUP', 'g', 'lost', 'COUNT', count, 'STREAMS', stream, '>');
  const ids = (await client.xrange(stream, '-', '+')).map(([id]) => id);
  const idle = ['IDLE', String(2 * leaseMs), 'RETRYCOUNT', String(deliveries), 'JUSTID'];
  await client.call('XCLAIM', stream, 'g', 'lost', '0', ...ids, ...idle);
};

const tick = async (client: Redis, room: number, promoteMost: number): Promise<number> => {
  const given = ['g', 'me', leaseMs, maxDeliveries, room, 1, promoteMost];
  const reply = await runScript(client, scripts.tick, [stream, delayed], given);
  const [, , claimed] = reply as [number, number, unknown[]];
  return claimed.length / 4;
};

test('a look for expired entries claims as many as there is room for, however many there are', async (t) => {
  const { client } = await useRedis(t);
  await abandoned(client, 500, 1);
  t.is(await tick(client, 0, 0), 0);
  t.is(await tick(client, 20, 0), 20);
  t.is(await tick(client, 7, 0), 7);
  const [[, , mine]] = (await client.xpending(stream, 'g', '-', '+', 1, 'me')) as [[string, string, number]];
  t.true(mine < leaseMs, 'their leases begin anew');
});

test('of entries on their last delivery one is claimed, and of those past it a batch that needs no room', async (t) => {
  const { client } = await useRedis(t);
  await abandoned(client, 500, maxDeliveries - 1);
  t.is(await tick(client, 20, 0), 1);
  await client.flushdb();
  await abandoned(client, 500, maxDeliveries);
  t.is(await tick(client, 0, 0), buriedAtOnce);
  t.is(await tick(client, 5, 0), buriedAtOnce + 5);
});

test('of delayed messages that are due as many are promoted as it was told, oldest first', async (t) => {
  const { url, client } = await useRedis(t);
  const streams = await openStreams(t, url);
  await client.xgroup('CREATE', stream, 'g', '0', 'MKSTREAM');
  const due = client.pipeline();
  for (let n = 0; n < 500; n++) due.zadd(delayed, 1000 + n, `m${n};1\nm${n}\n{"n":${n}}`);
  await due.exec();
  await tick(client, 0, 30);
  t.like(await streams.inspect(jobs, 'g'), { length: 30, delayed: 470 });
  const promoted = (await client.xrange(stream, '-', '+')).map(([, fields]) => fields[3]);
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
  t.deepEqual([await reap(), await reap(), await reap(), await reap()], [50, 50, 19, 0]);
});
