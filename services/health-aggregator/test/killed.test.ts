import { fileURLToPath } from 'node:url';
import { heartbeats, services } from '@backend2/contracts';
import { migrate } from '@backend2/database';
import { redisEntities } from '@backend2/service-kit';
import { createStreams } from '@backend2/streams';
import {
  freePort,
  runProcess,
  type RunningProcess,
  soonest,
  startOwnPostgres,
  startOwnRedis,
  until,
  usePostgres,
  useRedis,
} from '@backend2/testkit';
import test from 'ava';

const main = fileURLToPath(new URL('../src/main.ts', import.meta.url));
const authMain = fileURLToPath(new URL('../../auth/src/main.ts', import.meta.url));
/** In which a verdict turns. */
const withinMs = 15_000;

test.serial(
  'the verdict turns within 15 seconds when the standby, the primary, Redis or a service dies, and back when it returns',
  async (t) => {
    t.timeout(900_000);
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
    const start = async (): Promise<RunningProcess> => {
      const process = runProcess(t, main, {
        env: {
          DATABASE_URL: postgres.primary.url,
          DATABASE_REPLICA_URLS: postgres.standby?.url ?? '',
          REDIS_URL: redis.url,
          OPS_PORT: '0',
        },
      });
      await process.line(/"msg":"ready"/);
      return process;
    };
    let child = await start();
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
    const verdict = async (status: string, why = /^/): Promise<boolean> => {
      const health = await entities.health.fetch();
      return health?.view.status === status && why.test(health.view.output ?? '');
    };
    const passes = () => verdict('pass');
    await until(passes, { what: 'a verdict that all is well' });
    const turns = async (
      what: string,
      die: () => unknown,
      seen: () => boolean | Promise<boolean>,
      comeBack: () => unknown,
    ): Promise<void> => {
      const slowestMs = await soonest(withinMs, async () => {
        await die();
        const diedAt = performance.now();
        await until(seen, { timeoutMs: 60_000, what: `the end of ${what} seen` });
        const seenAfterMs = performance.now() - diedAt;
        await comeBack();
        const backAt = performance.now();
        await until(passes, { timeoutMs: 60_000, what: `the return of ${what} seen` });
        return Math.max(seenAfterMs, performance.now() - backAt);
      });
      t.true(slowestMs < withinMs, `${what}: ${slowestMs} ms`);
    };
    const { primary, standby } = postgres;
    await turns(
      'the standby',
      () => standby?.kill(),
      () => verdict('warn', /postgres-standby/),
      () => standby?.start(),
    );
    await turns(
      'a service',
      () => silent.add('auth'),
      () => verdict('fail', /auth/),
      () => silent.clear(),
    );
    await turns(
      'the primary',
      () => primary.kill(),
      () => verdict('fail', /postgres-primary/),
      () => primary.start(),
    );
    let said = 0;
    await turns(
      'Redis',
      () => {
        said = child.output.length;
        return redis.kill();
      },
      () => /"output":"redis:write: /.test(child.output.slice(said)),
      () => redis.start(),
    );

    await turns(
      'the verdict',
      () => child.kill('SIGKILL'),
      async () => (await entities.health.fetch()) === undefined,
      async () => {
        child = await start();
      },
    );
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
    /** After how many milliseconds it is seen. */
    const seenAs = async (status: string, { pid }: RunningProcess): Promise<number> => {
      const begun = performance.now();
      await until(
        async () => {
          const checks = (await entities.health.fetch())?.view.checks['auth:processes'];
          return checks?.find(({ componentId }) => componentId?.endsWith(`-${pid}`))?.status === status;
        },
        { timeoutMs: 60_000, what: `auth seen as ${status}` },
      );
      return performance.now() - begun;
    };
    await runProcess(t, main, { env }).line(/"msg":"ready"/);
    const startAuth = async (): Promise<RunningProcess> => {
      const process = runProcess(t, authMain, { env });
      await process.line(/"msg":"ready"/);
      return process;
    };
    let auth = await startAuth();
    await seenAs('pass', auth);
    const slowestMs = await soonest(withinMs, async () => {
      auth.kill('SIGKILL');
      const failedAfterMs = await seenAs('fail', auth);
      auth = await startAuth();
      return Math.max(failedAfterMs, await seenAs('pass', auth));
    });
    t.true(slowestMs < withinMs, `${slowestMs} ms`);
  },
);
