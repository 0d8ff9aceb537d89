import { createClient } from '@backend2/client';
import { healthViewSchema } from '@backend2/contracts';
import { migrate } from '@backend2/database';
import { soonest, startOwnPostgres, startOwnRedis, until } from '@backend2/testkit';
import test from 'ava';
import { askRoute, servedRoutesOf, type Route } from './every-route.ts';
import { ownedThings } from './owned-things.ts';
import { startRealSystem } from './real-services.ts';
import { sharedBy } from './shared-system.ts';

const settings = { RATE_LIMIT: '100000', RATE_LIMIT_REFUSED: '100000', RATE_LIMIT_SIGN_IN: '100000' };
const services = ['auth', 'task-intake', 'standard-worker', 'lumina-worker', 'health-aggregator'] as const;
/** In which a verdict turns. */
const withinMs = 15_000;

/** One system for all of these, which take its stores away and give them back. */
const shared = sharedBy(test, async (t) => {
  const redis = await startOwnRedis(t);
  const { primary, standby } = await startOwnPostgres(t);
  if (!standby) throw new Error('a standby was asked for');
  await migrate(primary.url);
  const postgres = { primaryUrl: primary.url, standbyUrl: standby.url };
  const system = await startRealSystem(t, { ...settings, REDIS_URL: redis.url }, { postgres, services });
  return { redis, primary, standby, system };
});

let said = '';
/** Whether /health says so now. */
const says = async (status: 200 | 503, why = /^/): Promise<boolean> => {
  const response = await fetch(`${shared().system.url}/health`);
  const { output = '' } = healthViewSchema.parse(await response.json());
  said = `${response.status} ${output}`;
  return response.status === status && why.test(output);
};
const untilAllIsWell = () =>
  until(() => says(200, /^$/), { timeoutMs: 60_000, what: 'a verdict that all is well' });

/** Asks every route of a gateway at once; what it answers, by the problems of 500 and above that came back. */
const everyRouteAsked = async (url: string): Promise<() => Promise<ReadonlyMap<string, string>>> => {
  const { system } = shared();
  let token = '';
  const client = createClient({
    baseUrl: url,
    onTokens: (tokens) => {
      token = tokens?.accessToken ?? '';
    },
  });
  await client.auth.signIn(system.admin.email, system.admin.password);
  const { id } = await client.auth.me();
  const things = await ownedThings(system, { id, token });
  const routes = await servedRoutesOf(url);
  return async () => {
    const failed = new Map<string, string>();
    const ask = async (route: Route): Promise<void> => {
      const { status, code } = await askRoute(url, route, things, { authorization: `Bearer ${token}` });
      // The verdict of /health is no problem document.
      if (status >= 500 && code !== undefined) failed.set(route.operationId, `${status} ${code}`);
    };
    await Promise.all(routes.map(ask));
    return failed;
  };
};

test.serial(
  '/health turns within 15 seconds when the standby, the primary, Redis or a service dies, and back when it returns',
  async (t) => {
    t.timeout(900_000);
    const { redis, primary, standby, system } = shared();
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
    await untilAllIsWell();
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
  },
);

test.serial('while Redis is away no route fails in a way nobody meant', async (t) => {
  t.timeout(300_000);
  const { redis, system } = shared();
  await untilAllIsWell();
  const askAll = await everyRouteAsked(system.url);
  await redis.kill();
  t.teardown(() => redis.start());
  const failed = await askAll();
  t.is(failed.get('getTask'), '503 unreachable');
  for (const [which, answer] of failed) t.regex(answer, /^503 /, which);
});

test.serial(
  'while the database is away no route fails in a way nobody meant: it answers, or says 503 and when to come back',
  async (t) => {
    t.timeout(300_000);
    const { primary, standby, system } = shared();
    await untilAllIsWell();
    const askAll = await everyRouteAsked(system.url);
    await primary.kill();
    t.teardown(async () => {
      await primary.start();
      await standby.start();
    });
    const withoutPrimary = await askAll();
    t.regex(withoutPrimary.get('createTask') ?? '', /^503 database/);
    t.is(withoutPrimary.get('getTask'), undefined, 'the standby answers what is read');
    await standby.kill();
    const withoutBoth = await askAll();
    t.regex(withoutBoth.get('getTask') ?? '', /^503 database/);
    for (const [which, answer] of [...withoutPrimary, ...withoutBoth])
      t.regex(answer, /^503 (database|artifacts)_(unavailable|busy)$/, which);
  },
);

test.serial(
  'while the database hangs it is the same, long before a statement may not take longer',
  async (t) => {
    t.timeout(300_000);
    const { primary, standby, system } = shared();
    await untilAllIsWell();
    const patient = await system.startGateway({ RPC_TIMEOUT: '50s' });
    const askAll = await everyRouteAsked(patient.url);
    t.teardown(() => {
      primary.resume();
      standby.resume();
    });

    primary.pause();
    const withoutPrimary = await askAll();
    t.is(withoutPrimary.get('createTask'), '503 database_unavailable');
    t.is(withoutPrimary.get('getTask'), undefined, 'the standby answers what is read');
    standby.pause();
    const withoutBoth = await askAll();
    t.is(withoutBoth.get('getTask'), '503 database_unavailable');
    for (const [which, answer] of [...withoutPrimary, ...withoutBoth])
      t.regex(answer, /^503 (database|artifacts)_unavailable$/, which);

    primary.resume();
    standby.resume();
    const answers = await until(async () => (await askAll()).size === 0, { what: 'every route answered' });
    t.true(answers);
  },
);
