import { fileURLToPath } from 'node:url';
import { migrate } from '@backend2/database';
import { redisEntities } from '@backend2/service-kit';
import {
  freePort,
  runProcess,
  type RunningProcess,
  soonest,
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
  'where nobody judges any more there is no verdict within 15 seconds, and one again once somebody does',
  async (t) => {
    const redis = await useRedis(t);
    const { primaryUrl } = await usePostgres(t, {
      prepare: async (url) => {
        await migrate(url);
      },
    });
    const entities = redisEntities({ kind: 'single', url: redis.url }, 'app:');
    t.teardown(() => entities.stop(AbortSignal.abort()));
    const start = async (): Promise<RunningProcess> => {
      const env = { DATABASE_URL: primaryUrl, REDIS_URL: redis.url, OPS_PORT: '0' };
      const process = runProcess(t, main, { env });
      await process.line(/"msg":"ready"/);
      return process;
    };
    const turnsTo = async (isThere: boolean, what: string): Promise<number> => {
      const begun = performance.now();
      await until(async () => ((await entities.health.fetch()) !== undefined) === isThere, {
        timeoutMs: 60_000,
        what,
      });
      return performance.now() - begun;
    };
    const slowestMs = await soonest(withinMs, async () => {
      const process = await start();
      const judgedAfterMs = await turnsTo(true, 'a verdict');
      process.kill('SIGKILL');
      return Math.max(judgedAfterMs, await turnsTo(false, 'the end of the verdict'));
    });
    t.true(slowestMs < withinMs, `${slowestMs} ms`);
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
