import { createClient } from '@backend2/client';
import { lanes, services } from '@backend2/contracts';
import { startOwnPostgres, startOwnRedis, until } from '@backend2/testkit';
import test from 'ava';
import { startCountingTarget } from '../test/counting-target.ts';
import { createAdmin, migrateDatabase } from '../test/start-system.ts';
import { startFleet } from './fleet.ts';

const cellsOfTask = 6;
test.serial(
  'while every service is replaced under load no request fails, and no subtask is lost or run twice',
  async (t) => {
    t.timeout(900_000);
    const target = await startCountingTarget(t, { answerAfterMs: 150 });
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
    const fleet = await startFleet(t, env, {
      gateway: 2,
      auth: 2,
      'task-intake': 2,
      'standard-worker': 2,
      'lumina-worker': 1,
      'health-aggregator': 1,
    });
    // Nothing is asked twice: whatever a person would have seen counts.
    const client = createClient({ baseUrl: 'http://balancer', fetch: fleet.fetch, maxRetries: 0 });
    await client.auth.signIn(login.email, login.password);

    let working = true;
    const failures: string[] = [];
    const acknowledged: string[] = [];
    let answers = 0;
    /** Undefined when it failed. */
    const noting = async <T>(what: string, ask: () => Promise<T>): Promise<T | undefined> => {
      try {
        const answer = await ask();
        answers += 1;
        return answer;
      } catch (error) {
        failures.push(`${what}: ${String(error)} (${String((error as Error).cause)})`);
        return undefined;
      }
    };
    const submit = async (submitter: number) => {
      for (let number = 0; working; number += 1) {
        const name = `${submitter}-${number}`;
        const values = Array.from({ length: cellsOfTask }, (_, cell) => `${name}-${cell}`);
        const lane = lanes[number % lanes.length] ?? 'standard';
        const variables = [{ name: 'n', values }];
        const input = { url: target.url };
        const task = await noting(`submission ${name}`, () =>
          client.tasks.create({ name, kind: 'http.request', lane, input, variables }),
        );
        if (task === undefined) continue;
        acknowledged.push(task.id);
        const begun = async () => {
          const now = await noting(`reading ${name}`, () => client.tasks.get(task.id));
          return !working || (now?.counts.succeeded ?? 0) > 0;
        };
        await until(begun, { timeoutMs: 60_000, everyMs: 50, what: `the first result of ${name}` });
      }
    };
    const load = [submit(0), submit(1), submit(2)];
    await until(() => acknowledged.length >= 6, { timeoutMs: 60_000, what: 'the load under way' });
    for (const service of services) {
      const before = acknowledged.length;
      await fleet.roll(service);
      await until(() => acknowledged.length >= before + 3, {
        timeoutMs: 60_000,
        what: `tasks accepted after ${service}`,
      });
    }
    working = false;
    await Promise.all(load);
    t.deepEqual(failures, []);

    for (const id of acknowledged) {
      const task = await until(
        async () => {
          const now = await client.tasks.get(id);
          return now.finishedAt !== null && now;
        },
        { timeoutMs: 120_000, everyMs: 100, what: `task ${id} finished` },
      );
      t.is(task.state, 'succeeded');
    }
    t.is(target.counts.size, acknowledged.length * cellsOfTask);
    t.deepEqual(
      [...target.counts].filter(([, count]) => count !== 1),
      [],
      'no cell ran twice',
    );
    t.log(
      `${acknowledged.length} tasks, ${target.counts.size} subtasks, ${answers} requests answered, none failed`,
    );
  },
);
