import { createClient } from '@backend2/client';
import { lanes, services } from '@backend2/contracts';
import { startOwnPostgres, startOwnRedis } from '@backend2/testkit';
import test from 'ava';
import { startCountingTarget } from '../test/counting-target.ts';
import { createAdmin, migrateDatabase } from '../test/start-system.ts';
import { startFleet } from './fleet.ts';
import { startLoad } from './load.ts';

test.serial(
  'while every service is replaced under load no request fails, and no subtask is lost or run twice',
  async (t) => {
    t.timeout(900_000);
    const target = await startCountingTarget(t, { workMs: 150 });
    const [postgres, redis] = await Promise.all([startOwnPostgres(t), startOwnRedis(t)]);
    const env = {
      DATABASE_URL: postgres.primary.url,
      DATABASE_REPLICA_URLS: postgres.standby?.url ?? '',
      REDIS_URL: redis.url,
      SECRET_KEY: 'a secret of this test alone, and long enough',
      HTTP_PRIVATE_HOSTS: target.host,
      WORKER_PROCESSES: '1',
      WORKER_THREADS: '4',
      RATE_LIMIT: '0',
    };
    await migrateDatabase(t, env);
    const login = await createAdmin(t, env);
    const fleet = await startFleet(t, () => env, {
      gateway: 2,
      auth: 2,
      'task-intake': 2,
      'standard-worker': 2,
      'lumina-worker': 1,
      'health-aggregator': 1,
    });
    const client = createClient({ baseUrl: 'http://balancer', fetch: fleet.fetch, maxRetries: 0 });
    await client.auth.signIn(login.email, login.password);

    const load = startLoad(
      target,
      [0, 1, 2].map(() => () => client),
      lanes,
    );
    await load.goesOn('the start');
    for (const service of services) {
      await fleet.roll(service);
      await load.goesOn(service);
    }
    await load.endsWhole(t, client);
  },
);
