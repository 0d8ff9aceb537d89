import { createClient } from '@backend2/client';
import { migrate } from '@backend2/database';
import { startOwnPostgres, startOwnRedis, until } from '@backend2/testkit';
import test from 'ava';
import { askRoute, servedRoutesOf, type Route } from './every-route.ts';
import { ownedThings } from './owned-things.ts';
import { startRealSystem, type RealSystem } from './real-services.ts';

const settings = { RATE_LIMIT: '10000', RATE_LIMIT_REFUSED: '10000', RATE_LIMIT_SIGN_IN: '10000' };
const services = ['auth', 'task-intake', 'health-aggregator'] as const;

/** Asks every route at once; what it answers, by the problems of 500 and above that came back. */
const everyRouteAsked = async (system: RealSystem): Promise<() => Promise<ReadonlyMap<string, string>>> => {
  let token = '';
  const client = createClient({
    baseUrl: system.url,
    onTokens: (tokens) => {
      token = tokens?.accessToken ?? '';
    },
  });
  await client.auth.signIn(system.admin.email, system.admin.password);
  const { id } = await client.auth.me();
  const things = await ownedThings(system, { id, token });
  const routes = await servedRoutesOf(system.url);
  return async () => {
    const failed = new Map<string, string>();
    const ask = async (route: Route): Promise<void> => {
      const { status, code } = await askRoute(system.url, route, things, {
        authorization: `Bearer ${token}`,
      });
      // The verdict of /health is no problem document.
      if (status >= 500 && code !== undefined) failed.set(route.operationId, `${status} ${code}`);
    };
    await Promise.all(routes.map(ask));
    return failed;
  };
};

test.serial(
  'while the database is away no route fails in a way nobody meant: it answers, or says 503 and when to come back',
  async (t) => {
    const { primary, standby } = await startOwnPostgres(t);
    if (!standby) throw new Error('a standby was asked for');
    await migrate(primary.url);
    const postgres = { primaryUrl: primary.url, standbyUrl: standby.url };
    const askAll = await everyRouteAsked(await startRealSystem(t, settings, { postgres, services }));

    await primary.kill();
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
    const { primary, standby } = await startOwnPostgres(t);
    if (!standby) throw new Error('a standby was asked for');
    await migrate(primary.url);
    const postgres = { primaryUrl: primary.url, standbyUrl: standby.url };
    const askAll = await everyRouteAsked(
      await startRealSystem(
        t,
        { ...settings, DB_SILENCE_TIMEOUT: '3s', RPC_TIMEOUT: '50s' },
        { postgres, services },
      ),
    );
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

test.serial('while Redis is away no route fails in a way nobody meant either', async (t) => {
  const redis = await startOwnRedis(t);
  const askAll = await everyRouteAsked(
    await startRealSystem(t, { ...settings, REDIS_URL: redis.url }, { services }),
  );
  await redis.kill();
  const failed = await askAll();
  t.is(failed.get('getTask'), '503 unreachable');
  for (const [which, answer] of failed) t.regex(answer, /^503 /, which);
});
