import { DomainError, rpcContract } from '@backend2/contracts';
import { useRedis } from '@backend2/testkit';
import test from 'ava';
import { z } from 'zod';
import { redisEntities } from '../src/index.ts';
import { servedContract } from './served-contract.ts';

const contract = rpcContract('rpc:test', {
  double: { request: z.object({ n: z.number() }), response: z.object({ twice: z.number() }) },
});

test('a call is parsed on both sides and a refusal arrives with its meaning', async (t) => {
  const client = await servedContract(t, contract, {
    handlers: {
      double: async ({ n }) => {
        if (n === 13) throw new DomainError('conflict', 'unlucky', 'Not that one.', { retryAfterSeconds: 3 });
        if (n === 14) throw new Error('a secret of the server');
        return { twice: n * 2 };
      },
    },
  });
  t.deepEqual(await client.call('double', { n: 4 }), { twice: 8 });
  const refused = await t.throwsAsync(client.call('double', { n: 13 }), { instanceOf: DomainError });
  t.like(refused, { kind: 'conflict', code: 'unlucky', details: { retryAfterSeconds: 3 } });
  const hidden = await t.throwsAsync(client.call('double', { n: 14 }));
  t.notRegex(hidden.message, /secret/);
  const invalid = await t.throwsAsync(client.call('double', { n: 'four' } as unknown as { n: number }), {
    instanceOf: DomainError,
  });
  t.deepEqual(
    invalid.details.issues?.map(({ path }) => path),
    ['/n'],
  );
});

test('a server that is not there is unavailable, with a time to come back', async (t) => {
  const client = await servedContract(t, contract, { timeoutMs: 100 });
  const error = await t.throwsAsync(client.call('double', { n: 1 }), { instanceOf: DomainError });
  t.like(error, { kind: 'unavailable', code: 'no_answer' });
});

test("the system's health is kept as an entity and missing once nobody renews it", async (t) => {
  const redis = await useRedis(t);
  const entities = redisEntities({ kind: 'single', url: redis.url }, 'app:');
  await entities.start();
  t.teardown(() => entities.stop(AbortSignal.abort()));
  t.is(await entities.health.fetch(), undefined);
  await entities.health.save({ status: 'warn', checks: {} });
  t.deepEqual((await entities.health.fetch())?.view, { status: 'warn', checks: {} });
  const ttls = await Promise.all((await redis.client.keys('app:*')).map((key) => redis.client.ttl(key)));
  t.true(ttls.length > 0 && ttls.every((ttl) => ttl > 0 && ttl <= 30));
});
