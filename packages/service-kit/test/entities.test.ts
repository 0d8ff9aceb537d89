import { createRedisClient, createStreams } from '@backend2/streams';
import { startOwnRedis, until, useCluster, useRedis, useSentinel } from '@backend2/testkit';
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

const owner = '0198b7a4-6f7e-7c3a-9a45-000000000001';

test('a result is kept whole for its lifetime, and what was never kept is undefined', async (t) => {
  const redis = await useRedis(t);
  const { results } = await open(t, redis.url, { resultTtlSeconds: 300 });
  const outcome = { seed: 7, nested: [null, 'text', { deep: true }] };
  await results.keep('a', owner, '0', [
    { ordinal: 0, outcome },
    { ordinal: 2, outcome: null },
  ]);
  t.deepEqual(await results.fetch('a', 0), { ownerId: owner, outcome });
  t.deepEqual(await results.fetch('a', 2), { ownerId: owner, outcome: null });
  t.is(await results.fetch('a', 1), undefined);
  const keys = await redis.client.keys('test:*');
  t.deepEqual(keys.toSorted(), [
    'test:task_result:{a}:0',
    'test:task_result:{a}:2',
    'test:{task_result_ring}',
    'test:{task_result_ring}:bytes',
  ]);
  for (const key of keys) {
    const ttl = await redis.client.ttl(key);
    t.true(ttl > 290 && ttl <= 300, `${key} ${ttl}`);
  }
});

test('what is forgotten of a task is not kept afterwards by who began before', async (t) => {
  const redis = await useRedis(t);
  const { results } = await open(t, redis.url);
  const keep = (taskId: string, generation: string, outcome: string) =>
    results.keep(taskId, owner, generation, [{ ordinal: 0, outcome }]);
  t.is(await keep('a', '0', 'first'), '0');
  t.is(await keep('b', '0', 'other'), '0');
  t.is(await results.forget('a'), '1');
  t.is(await results.fetch('a', 0), undefined);
  t.is(await keep('a', '0', 'late'), '1');
  t.is(await results.fetch('a', 0), undefined);
  t.is(await keep('a', '1', 'second'), '1');
  t.is((await results.fetch('a', 0))?.outcome, 'second');
  t.is((await results.fetch('b', 0))?.outcome, 'other');
});

test('results stay within their memory whatever their number: the oldest give way, and large ones are not kept', async (t) => {
  const redis = await startOwnRedis(t);
  const client = createRedisClient({ kind: 'single', url: redis.url }, 'commands');
  t.teardown(() => client.disconnect());
  const budget = 2_000_000;
  const { results } = await open(t, redis.url, { resultBudget: budget });
  const used = async (): Promise<number> =>
    Number(/used_memory:(\d+)/.exec(await client.info('memory'))?.[1]);
  const empty = await used();
  const outcome = { seed: 7, text: 'x'.repeat(150) };
  for (let task = 0; task < 40; task += 1) {
    await results.keep(
      `task-${task}`,
      owner,
      '0',
      Array.from({ length: 500 }, (_, ordinal) => ({ ordinal, outcome })),
    );
  }
  t.is(await results.fetch('task-0', 0), undefined);
  t.is(await results.fetch('task-30', 499), undefined);
  t.deepEqual(await results.fetch('task-39', 0), { ownerId: owner, outcome });
  const kept = (await client.keys('test:task_result:*')).length;
  t.true(kept > 2000 && kept < 5000, `${kept} kept`);
  const taken = (await used()) - empty;
  t.log(`${kept} results of 20,000 kept in ${taken} bytes, budget ${budget}`);
  t.true(taken < budget * 1.5, `${taken} bytes`);

  await results.keep('large', owner, '0', [{ ordinal: 0, outcome: 'x'.repeat(20_000) }]);
  t.is(await results.fetch('large', 0), undefined);
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
  await results.keep('a', owner, '0', [{ ordinal: 0, outcome: 'before' }]);
  await redis.kill();
  await t.throwsAsync(results.fetch('a', 0));
  await redis.start();
  const again = await until(() => results.fetch('a', 0), {
    timeoutMs: 20_000,
    what: 'the result read again',
  });
  t.is(again.outcome, 'before');
});

test('entities live on a Cluster, those of several tasks on several of its nodes', async (t) => {
  const { connection } = await useCluster(t);
  const entities = redisEntities(connection, 'test:', { resultTtlSeconds: 300 });
  t.teardown(() => entities.stop(AbortSignal.abort()));
  await entities.start();
  const tasks = Array.from({ length: 12 }, (_, n) => `task-${n}`);
  const outcomes = [0, 1].map((ordinal) => ({ ordinal, outcome: { ordinal } }));
  await Promise.all(tasks.map((id) => entities.results.keep(id, owner, '0', outcomes)));
  for (const id of tasks) {
    t.deepEqual(await entities.results.fetch(id, 1), { ownerId: owner, outcome: { ordinal: 1 } });
    t.is(await entities.results.forget(id), '1');
    t.is(await entities.results.fetch(id, 1), undefined);
  }
  const revoked = tasks.map((id) => ({ kind: 'session', id }) as const);
  await entities.revocations.save(revoked);
  await entities.revocations.markIntact();
  t.is((await entities.revocations.all()).length, revoked.length);
  t.true(await entities.revocations.isIntact());
});

test('entities follow a failover that Sentinel leads', async (t) => {
  const sentinel = await useSentinel(t);
  const entities = redisEntities(sentinel.connection, 'test:');
  t.teardown(() => entities.stop(AbortSignal.abort()));
  await entities.start();
  const master = await sentinel.master();
  const keep = (ordinal: number) => entities.results.keep('a', owner, '0', [{ ordinal, outcome: 'kept' }]);
  await keep(0);
  await master.kill();
  await sentinel.successorOf(master);
  t.is(await until(() => keep(1), { timeoutMs: 30_000 }), '0');
  t.deepEqual(await entities.results.fetch('a', 1), { ownerId: owner, outcome: 'kept' });
});
