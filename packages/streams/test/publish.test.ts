import { useRedis } from '@backend2/testkit';
import test from 'ava';
import { RedisUnavailableError, StreamFullError } from '../src/index.ts';
import { redisMilliseconds } from './support/redis-time.ts';
import { numbered, openStreams } from './support/streams.ts';

const jobs = numbered('jobs');

test('a published message stands in the stream under the prefix and its hash tag', async (t) => {
  const { url, client } = await useRedis(t);
  const streams = await openStreams(t, url, { prefix: 'x:' });
  const id = await streams.publisher(jobs).publish({ n: 1 });
  const [[, fields]] = (await client.xrange('x:{jobs}', '-', '+')) as [[string, string[]]];
  t.deepEqual(fields, ['m', `${id}\n{"n":1}`]);
  t.deepEqual(await client.keys('*'), ['x:{jobs}']);
});

test('messages published in bulk keep their order and answer an id each', async (t) => {
  const { url } = await useRedis(t);
  const streams = await openStreams(t, url);
  const ids = await streams
    .publisher(jobs)
    .publishMany(Array.from({ length: 1203 }, (_, n) => ({ payload: { n } })));
  const contents = await Array.fromAsync(streams.contents(jobs));
  t.deepEqual(
    contents.map(({ payload }) => payload.n),
    Array.from({ length: 1203 }, (_, n) => n),
  );
  t.deepEqual(
    contents.map(({ id }) => id),
    ids,
  );
  t.is(new Set(ids).size, 1203);
});

test('a payload that does not parse is refused before anything of its call is written', async (t) => {
  const { url } = await useRedis(t);
  const streams = await openStreams(t, url);
  const publisher = streams.publisher(jobs);
  await t.throwsAsync(publisher.publish({ n: 'one' } as never), { message: 'n is not a number' });
  await t.throwsAsync(publisher.publishMany([{ payload: { n: 1 } }, { payload: {} as never }]), {
    message: 'n is not a number',
  });
  t.is((await streams.inspect(jobs, 'g')).length, 0);
});

test('a second publish with the same key within its time writes nothing and answers the first id', async (t) => {
  const { url, client } = await useRedis(t);
  const streams = await openStreams(t, url);
  const publisher = streams.publisher(jobs);
  const once = { deduplicate: { key: 'k', ttlMs: 60_000 } };
  const first = await publisher.publish({ n: 1 }, once);
  const [second, other] = await publisher.publishMany([
    { payload: { n: 2 }, options: once },
    { payload: { n: 3 }, options: { deduplicate: { key: 'other', ttlMs: 60_000 } } },
  ]);
  t.is(second, first);
  t.not(other, first);
  t.is((await streams.inspect(jobs, 'g')).length, 2);

  t.true((await client.pttl('app:{jobs}:once:k')) > 0);
  await client.del('app:{jobs}:once:k');
  t.not(await publisher.publish({ n: 4 }, once), first);
});

test('a stream at its maxLength refuses with a typed error and trims nothing', async (t) => {
  const { url } = await useRedis(t);
  const streams = await openStreams(t, url);
  const full = numbered('full', { maxLength: 3 });
  const publisher = streams.publisher(full);
  await publisher.publish({ n: 0 });
  await publisher.publish({ n: 1 }, { delayMs: 60_000 });

  const error = await t.throwsAsync(publisher.publishMany([{ payload: { n: 2 } }, { payload: { n: 3 } }]), {
    instanceOf: StreamFullError,
  });
  t.is(error.written, 1);
  t.is(error.maxLength, 3);
  await t.throwsAsync(publisher.publish({ n: 4 }), { instanceOf: StreamFullError });
  await t.throwsAsync(publisher.publish({ n: 5 }, { delayMs: 1000 }), { instanceOf: StreamFullError });

  const contents = await Array.fromAsync(streams.contents(full));
  t.deepEqual(
    contents.map(({ payload, state }) => [payload.n, state]),
    [
      [0, 'waiting'],
      [2, 'waiting'],
      [1, 'delayed'],
    ],
  );
});

test('a delayed message waits beside the stream until it is due', async (t) => {
  const { url, client } = await useRedis(t);
  const streams = await openStreams(t, url);
  const before = await redisMilliseconds(client);
  await streams.publisher(jobs).publish({ n: 1 }, { delayMs: 60_000 });
  const after = await redisMilliseconds(client);
  const info = await streams.inspect(jobs, 'g');
  t.like(info, { length: 0, delayed: 1 });
  const [, due] = await client.zrange('app:{jobs}:delayed', '0', '0', 'WITHSCORES');
  t.true(Number(due) >= before + 60_000 && Number(due) <= after + 60_000);
});

test('messages with one partition key stay together and others spread', async (t) => {
  const { url } = await useRedis(t);
  const streams = await openStreams(t, url);
  const spread = numbered('spread', { partitions: 4 });
  const publisher = streams.publisher(spread);
  await publisher.publishMany(
    Array.from({ length: 20 }, (_, n) => ({ payload: { n }, options: { partitionKey: 'same' } })),
  );
  const { partitions } = await streams.inspect(spread, 'g');
  t.deepEqual(
    partitions.map(({ length }) => length).toSorted((a, b) => a - b),
    [0, 0, 0, 20],
  );
  await publisher.publishMany(Array.from({ length: 20 }, (_, n) => ({ payload: { n } })));
  const after = await streams.inspect(spread, 'g');
  t.deepEqual(
    after.partitions.map(({ length }) => length).toSorted((a, b) => a - b),
    [5, 5, 5, 25],
  );
  t.is(new Set(after.partitions.map(({ key }) => /\{.*\}/.exec(key)?.[0])).size, 4);
});

test('a publish without Redis fails within seconds and says so', async (t) => {
  const { url, client } = await useRedis(t);
  const streams = await openStreams(t, url);
  await streams.checkWritable();
  await streams.stop();
  const error = await t.throwsAsync(streams.publisher(jobs).publish({ n: 1 }), {
    instanceOf: RedisUnavailableError,
  });
  t.is(error.written, 0);
  await t.throwsAsync(streams.checkWritable(), { instanceOf: RedisUnavailableError });
  t.is(await client.dbsize(), 0);
});
