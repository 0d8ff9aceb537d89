import { inbox, startOwnRedis, until, useRedis } from '@backend2/testkit';
import test from 'ava';
import { Redis } from 'ioredis';
import { createClient } from '../src/redis-connection.ts';
import { fakeSentinel } from './support/fake-sentinel.ts';
import { gate, numbered, openStreams, running } from './support/streams.ts';

const jobs = numbered('jobs');
const stream = 'app:{jobs}';

test('what was told as failed while no Sentinel knew a master is not written when one does', async (t) => {
  const { url, client: direct } = await useRedis(t);
  const db = Number(new URL(url).pathname.slice(1));
  let known = false;
  const connection = await fakeSentinel(t, () => (known ? url : undefined));
  const client = createClient({ ...connection, db }, 'commands') as Redis;
  client.on('error', () => undefined);
  t.teardown(() => client.disconnect());
  client.options.commandTimeout = 50;
  await t.throwsAsync(client.xadd(stream, '*', 'm', 'x'), { message: /timed out/ });
  known = true;
  client.options.commandTimeout = undefined;
  // Behind it in the queue.
  t.is(await client.rpush('after', 'y'), 1);
  t.is(await direct.xlen(stream), 0);
});

test('of a master that lives on as a replica a consumer lets go, and goes on at the new one', async (t) => {
  const own = { durable: false, settings: { 'repl-diskless-sync-delay': '0' } };
  const [former, next] = [await startOwnRedis(t, own), await startOwnRedis(t, own)];
  const [atFormer, atNext] = [former, next].map(({ url }) => {
    const client = new Redis(url);
    t.teardown(() => client.disconnect());
    return client;
  }) as [Redis, Redis];
  await atNext.replicaof('127.0.0.1', former.port);
  let master = former.url;
  const streams = await openStreams(t, await fakeSentinel(t, () => master));
  const { opened, open } = gate();
  t.teardown(open);
  const runs = inbox<number>('run');
  await running(
    t,
    streams.consumer(jobs, {
      group: 'g',
      concurrency: 2,
      handler: async ({ payload: { n } }) => {
        runs.push(n);
        if (n === 1) await opened;
      },
    }),
  );
  await streams.publisher(jobs).publish({ n: 1 });
  t.is(await runs.next(), 1);
  const pending = async (client: Redis) => (await client.xpending(stream, 'g'))[0];
  await until(async () => (await pending(atNext)) === 1, { what: 'the replica in step' });

  await atNext.replicaof('NO', 'ONE');
  master = next.url;
  await atFormer.replicaof('127.0.0.1', next.port);
  open();
  await until(async () => (await atNext.xlen(stream)) === 0, {
    what: 'the message settled at the new master',
  });
  await streams.publisher(jobs).publish({ n: 2 });
  t.is(await runs.next(), 2);
  t.deepEqual(runs.all, [1, 2]);
});

test('that a server takes no writes is heard where a script of Redis 6 says it within another error', (t) => {
  const client = createClient({ kind: 'single', url: 'redis://127.0.0.1' }, 'commands') as Redis;
  const { reconnectOnError } = client.options;
  for (const [message, answer] of [
    ["READONLY You can't write against a read only replica.", 2],
    ["ERR Error running script (call to f_1): @user_script:9: -READONLY You can't write", 2],
    ['ERR no such key', false],
  ] as const) {
    t.is(reconnectOnError?.(new Error(message)), answer, message);
  }
});
