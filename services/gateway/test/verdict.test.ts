import { healthViewSchema } from '@backend2/contracts';
import { migrate } from '@backend2/database';
import { soonest, startOwnPostgres, startOwnRedis, until } from '@backend2/testkit';
import test from 'ava';
import { startRealSystem } from './real-services.ts';

const services = ['auth', 'task-intake', 'standard-worker', 'lumina-worker', 'health-aggregator'] as const;
/** In which a verdict turns. */
const withinMs = 15_000;

test('/health turns within 15 seconds when the standby, the primary, Redis or a service dies, and back when it returns', async (t) => {
  t.timeout(900_000);
  const redis = await startOwnRedis(t);
  const { primary, standby } = await startOwnPostgres(t);
  if (!standby) throw new Error('a standby was asked for');
  await migrate(primary.url);
  const system = await startRealSystem(
    t,
    { REDIS_URL: redis.url, RATE_LIMIT: '100000' },
    { postgres: { primaryUrl: primary.url, standbyUrl: standby.url }, services },
  );
  let said = '';
  const says = async (status: 200 | 503, why = /^/): Promise<boolean> => {
    const response = await fetch(`${system.url}/health`);
    const { output = '' } = healthViewSchema.parse(await response.json());
    said = `${response.status} ${output}`;
    return response.status === status && why.test(output);
  };
  const turns = async (
    what: string,
    die: () => unknown,
    seen: () => Promise<boolean>,
    comeBack: () => unknown,
    seenAgain: () => Promise<boolean>,
  ): Promise<void> => {
    const took = async (action: () => unknown, ends: () => Promise<boolean>): Promise<number> => {
      await action();
      const begun = performance.now();
      await until(ends, { timeoutMs: 60_000, what });
      return performance.now() - begun;
    };
    const slowestMs = await soonest(withinMs, async () =>
      Math.max(await took(die, seen), await took(comeBack, seenAgain)),
    );
    t.true(slowestMs < withinMs, `${what}: ${slowestMs} ms, at last ${said}`);
  };
  const well = () => says(200);
  await until(() => says(200, /^$/), { timeoutMs: 60_000, what: 'a verdict that all is well' });
  await turns(
    'the standby',
    () => standby.kill(),
    () => says(200, /postgres-standby/),
    () => standby.start(),
    () => says(200, /^$/),
  );
  await turns(
    'the primary',
    () => primary.kill(),
    () => says(503, /postgres-primary/),
    () => primary.start(),
    well,
  );
  await turns(
    'Redis',
    () => redis.kill(),
    () => says(503, /Redis cannot be read/),
    () => redis.start(),
    well,
  );
  let auth = system.services.get('auth');
  await turns(
    'a service',
    () => auth?.process.kill('SIGKILL'),
    () => says(503, /auth:processes/),
    async () => {
      auth = await system.startService('auth');
    },
    well,
  );
});
