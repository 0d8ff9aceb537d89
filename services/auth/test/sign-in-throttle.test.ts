import { createRedisClient } from '@backend2/streams';
import { useRedis } from '@backend2/testkit';
import test, { type ExecutionContext } from 'ava';
import { redisSignInThrottle, throttleLimits } from '../src/adapters/redis-sign-in-throttle.ts';

const start = async (t: ExecutionContext) => {
  const { url } = await useRedis(t);
  const redis = createRedisClient({ kind: 'single', url }, 'commands');
  t.teardown(() => redis.disconnect());
  return redisSignInThrottle(redis, 'app:', { ...throttleLimits, perNetwork: 3, perAccount: 4 });
};
const at = (n: number): string => `192.0.${n}.1`;

test('one network that tries many accounts is slowed, others and those it has signed in to are not', async (t) => {
  const throttle = await start(t);
  await throttle.succeeded({ account: 'owner', address: at(1) });
  for (let n = 0; n < 3; n += 1) t.is(await throttle.admit({ account: `a${n}`, address: at(1) }), 0);
  const wait = await throttle.admit({ account: 'a3', address: at(1) });
  t.true(wait > 0 && wait <= throttleLimits.windowMs);
  t.is(await throttle.admit({ account: 'a3', address: at(2) }), 0);
  t.is(await throttle.admit({ account: 'owner', address: at(1) }), 0);
});

test('one account that many networks try is slowed for those who never signed in to it', async (t) => {
  const throttle = await start(t);
  await throttle.succeeded({ account: 'ada', address: at(100) });
  for (let n = 0; n < 4; n += 1) t.is(await throttle.admit({ account: 'ada', address: at(n) }), 0);
  t.true((await throttle.admit({ account: 'ada', address: at(9) })) > 0);
  t.is(await throttle.admit({ account: 'bob', address: at(9) }), 0);
  t.is(await throttle.admit({ account: 'ada', address: at(100) }), 0);
});
