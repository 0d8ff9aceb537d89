import { fileURLToPath } from 'node:url';
import { heartbeats, services } from '@backend2/contracts';
import { migrate } from '@backend2/database';
import { redisEntities } from '@backend2/service-kit';
import { createStreams } from '@backend2/streams';
import {
  freePort,
  runProcess,
  startOwnPostgres,
  startOwnRedis,
  until,
  usePostgres,
  useRedis,
} from '@backend2/testkit';
import test from 'ava';

const main = fileURLToPath(new URL('../src/main.ts', import.meta.url));

test.serial(
  'the verdict turns within 15 seconds when the standby, the primary, Redis or a service dies, and back when it returns',
  async (t) => {
    t.timeout(400_000);
    const redis = await startOwnRedis(t);
    const postgres = await startOwnPostgres(t, { standby: true });
    await migrate(postgres.primary.url);
    const connection = { kind: 'single', url: redis.url } as const;
    const streams = createStreams({ connection });
    await streams.start();
    t.teardown(() => streams.stop());
    const entities = redisEntities(connection, 'app:');
    await entities.start();
    t.teardown(() => entities.stop(AbortSignal.abort()));
    const child = runProcess(t, main, {
      env: {
        DATABASE_URL: postgres.primary.url,
        DATABASE_REPLICA_URLS: postgres.standby?.url ?? '',
        REDIS_URL: redis.url,
        OPS_PORT: '0',
      },
    });
    await child.line(/"msg":"ready"/);
    const broadcast = streams.broadcast(heartbeats);
    const silent = new Set<string>();
    const beats = setInterval(() => {
      for (const service of services) {
        if (service === 'health-aggregator' || silent.has(service)) continue;
        const beat = broadcast.publish({
          service,
          instance: `${service}-1`,
          host: 'h',
          pid: 1,
          version: 'v',
          state: 'ready',
          startedAt: 0,
          at: Date.now(),
          checks: [],
        });
        beat.catch(() => undefined); // while Redis is away
      }
    }, 500);
    t.teardown(() => clearInterval(beats));
    const turns = (status: string, why?: RegExp) =>
      until(
        async () => {
          const health = await entities.health.fetch();
          return health?.view.status === status && (why === undefined || why.test(health.view.output ?? ''));
        },
        { timeoutMs: 15_000, what: `the verdict ${status} ${String(why ?? '')}` },
      );
    await turns('pass');
    await postgres.standby?.kill();
    await turns('warn', /postgres-standby/);
    await postgres.standby?.start();
    await turns('pass');
    silent.add('auth');
    await turns('fail', /auth/);
    silent.clear();
    await turns('pass');
    await postgres.primary.kill();
    await turns('fail', /postgres-primary/);
    await postgres.primary.start();
    await turns('pass');
    await redis.kill();
    await child.line(/"output":"redis:write: /, 15_000);
    await redis.start();
    await turns('pass');

    child.kill('SIGKILL');
    await until(async () => (await entities.health.fetch()) === undefined, {
      timeoutMs: 15_000,
      what: 'the end of a verdict that nobody renews',
    });
    t.is(await entities.health.fetch(), undefined);
  },
);

test.serial('it starts and judges although the primary is away', async (t) => {
  const redis = await useRedis(t);
  const port = await freePort();
  const child = runProcess(t, main, {
    env: { DATABASE_URL: `postgres://postgres@127.0.0.1:${port}/none`, REDIS_URL: redis.url, OPS_PORT: '0' },
  });
  await child.line(/"msg":"ready"/);
  const entities = redisEntities({ kind: 'single', url: redis.url }, 'app:');
  t.teardown(() => entities.stop(AbortSignal.abort()));
  const view = await until(async () => (await entities.health.fetch())?.view, { what: 'a verdict' });
  t.is(view.checks['postgres-primary:query']?.[0]?.status, 'fail');
  t.is(view.checks['redis:write']?.[0]?.status, 'pass');
});

test.serial(
  'a real service killed with -9 turns the verdict within 15 seconds, and its restart turns it back',
  async (t) => {
    const redis = await useRedis(t);
    const { primaryUrl } = await usePostgres(t, {
      prepare: async (url) => {
        await migrate(url);
      },
    });
    const env = { DATABASE_URL: primaryUrl, REDIS_URL: redis.url, OPS_PORT: '0' };
    const entities = redisEntities({ kind: 'single', url: redis.url }, 'app:');
    t.teardown(() => entities.stop(AbortSignal.abort()));
    const statusOfAuth = (status: string) =>
      until(
        async () => {
          const checks = (await entities.health.fetch())?.view.checks['auth:processes'];
          return checks?.some((check) => check.status === status) === true;
        },
        { timeoutMs: 15_000, what: `auth seen as ${status}` },
      );
    await runProcess(t, main, { env }).line(/"msg":"ready"/);
    const auth = () =>
      runProcess(t, fileURLToPath(new URL('../../auth/src/main.ts', import.meta.url)), { env });
    const first = auth();
    await first.line(/"msg":"ready"/);
    await statusOfAuth('pass');
    first.kill('SIGKILL');
    await statusOfAuth('fail');
    await auth().line(/"msg":"ready"/);
    t.true(await statusOfAuth('pass'));
  },
);
