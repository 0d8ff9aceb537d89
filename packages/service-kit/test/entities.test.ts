import { createStreams } from '@backend2/streams';
import { startOwnRedis, until, useRedis } from '@backend2/testkit';
import test, { type ExecutionContext } from 'ava';
import {
  redisEntities,
  revocationList,
  silentLog,
  type EntityOptions,
  type RedisEntities,
} from '../src/index.ts';

const open = async (
  t: ExecutionContext,
  url: string,
  options: EntityOptions = {},
): Promise<RedisEntities> => {
  const entities = redisEntities({ kind: 'single', url }, 'test:', options);
  t.teardown(() => entities.stop(AbortSignal.abort()));
  await entities.start();
  return entities;
};

test('a result is kept whole for its lifetime, and what was never kept is undefined', async (t) => {
  const redis = await useRedis(t);
  const { results } = await open(t, redis.url, { resultTtlSeconds: 300 });
  const result = { seed: 7, nested: [null, 'text', { deep: true }] };
  await results.save('a', 0, result);
  t.deepEqual(await results.fetch('a', 0), result);
  t.is(await results.fetch('a', 1), undefined);
  const [key = ''] = await redis.client.keys('*');
  t.is(key, 'test:task_result:a:0');
  const ttl = await redis.client.ttl(key);
  t.true(ttl > 290 && ttl <= 300, `${ttl}`);
  await results.remove('a', [0]);
  t.is(await results.fetch('a', 0), undefined);
});

test('revocations of every kind are found again, and Redis losing them is noticed', async (t) => {
  const redis = await useRedis(t);
  const { revocations } = await open(t, redis.url);
  t.false(await revocations.isIntact());
  await revocations.markIntact();
  const saved = [
    { kind: 'session', id: 's' },
    { kind: 'token', id: 't' },
    { kind: 'user', id: 'u', before: 1234.5 },
  ] as const;
  await revocations.save(saved);
  t.deepEqual(
    (await revocations.all()).toSorted((a, b) => a.kind.localeCompare(b.kind)),
    [...saved],
  );
  t.true(await revocations.isIntact());
  await redis.client.flushdb();
  t.false(await revocations.isIntact());
  t.deepEqual(await revocations.all(), []);
});

test('a list of revocations refuses by user and time, by session and by token', async (t) => {
  const redis = await useRedis(t);
  const { revocations: entities } = await open(t, redis.url);
  await entities.save([
    { kind: 'user', id: 'u', before: 100 },
    { kind: 'session', id: 's' },
  ]);
  const streams = createStreams({ connection: { kind: 'single', url: redis.url } });
  const list = revocationList({ streams, entities, log: silentLog(), keepSeconds: 60 });
  await streams.start();
  t.teardown(async () => {
    await list.stop(AbortSignal.abort());
    await streams.stop();
  });
  await list.start();
  const claims = { userId: 'other', sessionId: 'x', tokenId: 'x', issuedAt: 50 };
  t.false(list.isRevoked(claims));
  t.true(list.isRevoked({ ...claims, sessionId: 's' }));
  t.true(list.isRevoked({ ...claims, userId: 'u' }));
  t.false(list.isRevoked({ ...claims, userId: 'u', issuedAt: 100 }));
});

test('entities work again by themselves after Redis was away', async (t) => {
  const redis = await startOwnRedis(t);
  const { results } = await open(t, redis.url);
  await results.save('a', 0, 'before');
  await redis.kill();
  await t.throwsAsync(results.fetch('a', 0));
  await redis.start();
  t.is(
    await until(() => results.fetch('a', 0), { timeoutMs: 20_000, what: 'the result read again' }),
    'before',
  );
});
