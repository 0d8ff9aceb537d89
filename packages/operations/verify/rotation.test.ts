import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createClient } from '@backend2/client';
import type { ServiceName } from '@backend2/contracts';
import { applyRoles, groupOf, loginOf, loginVariables, type ServiceRole } from '@backend2/database';
import { startOwnPostgres, startOwnRedis } from '@backend2/testkit';
import test, { type ExecutionContext } from 'ava';
import { Redis } from 'ioredis';
import { aclFile, passwordVariable, redisUsers, type RedisUser } from '../src/redis/redis-users.ts';
import { openEnvFile } from '../src/secrets/env-file.ts';
import { startCountingTarget } from '../test/counting-target.ts';
import { createAdmin, migrateDatabase, runToEnd } from '../test/start-system.ts';
import { startFleet } from './fleet.ts';
import { startLoad } from './load.ts';

const rotate = 'packages/operations/src/rotate-command.ts';
const databaseRoles: Partial<Record<ServiceName, ServiceRole>> = {
  auth: 'auth',
  'task-intake': 'task_intake',
  'health-aggregator': 'health',
};

/** The `.env` of an installation; `read` answers what stands in it now. */
const installation = (t: ExecutionContext, values: Readonly<Record<string, string>>) => {
  const folder = mkdtempSync(join(tmpdir(), 'backend2-rotation-'));
  t.teardown(() => rmSync(folder, { recursive: true, force: true }));
  const path = join(folder, '.env');
  const lines = Object.entries(values).map(([name, value]) => `${name}=${value}\n`);
  writeFileSync(path, lines.join(''), { mode: 0o600 });
  return { path, read: (name: string): string => openEnvFile(path).get(name) ?? '' };
};

const withLogin = (base: string, user: string, password: string): string => {
  const url = new URL(base);
  url.username = user;
  url.password = password;
  return url.href;
};

test.serial(
  'while the signing key and the passwords of services are rotated under load no request fails, nobody is signed out and nothing runs twice',
  async (t) => {
    t.timeout(900_000);
    const target = await startCountingTarget(t, { workMs: 100 });
    const [postgres, redis] = await Promise.all([
      startOwnPostgres(t, { standby: false, password: 'owner-of-this-test' }),
      startOwnRedis(t, { password: 'operator-of-this-test' }),
    ]);
    const owner = postgres.primary.url;
    const users = redisUsers.map((user): [RedisUser, string] => [user, `first-of-${user}`]);
    const roles = Object.values(databaseRoles).map((role): [ServiceRole, string] => [
      role,
      withLogin(owner, `${groupOf(role)}_a`, `first-of-${role}`),
    ]);
    const file = installation(t, {
      SECRET_KEY: 'the first signing key of this test, long enough',
      ...Object.fromEntries(roles.map(([role, url]) => [loginVariables[role], url])),
      ...Object.fromEntries(users.map(([user, password]) => [passwordVariable(user), password])),
    });

    await migrateDatabase(t, { DATABASE_URL: owner });
    await applyRoles(owner, { logins: roles.map(([role, url]) => loginOf(role, url)) });
    const operator = new Redis(redis.url);
    t.teardown(() => operator.disconnect());
    const passwords = Object.fromEntries(users.map(([user, password]) => [user, [password]]));
    for (const line of aclFile({ prefix: 'app:', passwords }).split('\n')) {
      const [kind, ...rules] = line.split(' ');
      if (kind === 'user' && rules[0] !== 'default') await operator.call('ACL', 'SETUSER', ...rules);
    }
    const login = await createAdmin(t, { DATABASE_URL: owner });

    const shared = {
      DATABASE_REPLICA_URLS: '',
      HTTP_PRIVATE_HOSTS: target.host,
      WORKER_PROCESSES: '1',
      WORKER_THREADS: '4',
      RATE_LIMIT: '0',
      RATE_LIMIT_SIGN_IN: '0',
    };
    const envOf = (service: ServiceName) => {
      const role = databaseRoles[service];
      return {
        ...shared,
        REDIS_URL: withLogin(redis.url, service, file.read(passwordVariable(service))),
        SECRET_KEY: file.read('SECRET_KEY'),
        PREVIOUS_SECRET_KEYS: file.read('PREVIOUS_SECRET_KEYS'),
        ...(role && { DATABASE_URL: file.read(loginVariables[role]) }),
      };
    };
    const fleet = await startFleet(t, envOf, {
      gateway: 2,
      auth: 2,
      'task-intake': 2,
      'standard-worker': 2,
    });
    const refused: string[] = [];
    const connect = () =>
      createClient({
        baseUrl: 'http://balancer',
        maxRetries: 0,
        // A client whose token is refused gets itself another, which would go unseen.
        fetch: async (input, init) => {
          const answer = await fleet.fetch(input, init);
          if (answer.status === 401) refused.push(answer.url);
          return answer;
        },
      });
    const first = connect();
    await first.auth.signIn(login.email, login.password);
    const signedInAnew = async () => {
      const client = connect();
      await client.auth.signIn(login.email, login.password);
      return client;
    };
    const load = startLoad(target, [() => first, signedInAnew]);
    await load.goesOn('the start');

    const step = async (what: string, word: string, replaced: readonly ServiceName[] = []) => {
      const env = { DATABASE_URL: owner, REDIS_URL: redis.url };
      await runToEnd(t, rotate, env, [what, word, '--env-file', file.path]);
      for (const service of replaced) await fleet.roll(service);
      await load.goesOn(`${what} ${word}`);
    };
    const formerKey = file.read('SECRET_KEY');
    await step('SECRET_KEY', 'begin', ['auth', 'gateway', 'task-intake']);
    await step('SECRET_KEY', 'switch', ['task-intake', 'gateway', 'auth']);
    t.not(file.read('SECRET_KEY'), formerKey);
    for (const [what, service] of [
      ['redis:standard-worker', 'standard-worker'],
      ['postgres:task_intake', 'task-intake'],
      ['postgres:auth', 'auth'],
    ] as const) {
      await step(what, 'begin', [service]);
      await step(what, 'finish');
    }
    await load.endsWhole(t, first);
    t.deepEqual(refused, []);
  },
);
