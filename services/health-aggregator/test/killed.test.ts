import { fileURLToPath } from 'node:url';
import { heartbeats, services } from '@backend2/contracts';
import { migrate } from '@backend2/database';
import { redisEntities } from '@backend2/service-kit';
import { createStreams } from '@backend2/streams';
import { runProcess, startOwnPostgres, startOwnRedis, until } from '@backend2/testkit';
import test from 'ava';

test('the verdict turns when the standby, the primary or a service dies, and back when it returns', async (t) => {
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
  const child = runProcess(t, fileURLToPath(new URL('../src/main.ts', import.meta.url)), {
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
      void broadcast.publish({
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
    }
  }, 500);
  t.teardown(() => clearInterval(beats));
  const turns = (status: string, why?: RegExp) =>
    until(
      async () => {
        const health = await entities.health.fetch();
        return health?.view.status === status && (why === undefined || why.test(health.view.output ?? ''));
      },
      { timeoutMs: 30_000, what: `the verdict ${status} ${String(why ?? '')}` },
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
  t.pass();
});
