import { services, type ServiceName } from '@backend2/contracts';
import { applyRoles, groupOf, loginOf, serviceRoles, type ServiceRole } from '@backend2/database';
import { startOwnPostgres, startOwnRedis, until } from '@backend2/testkit';
import test, { type ExecutionContext } from 'ava';
import { Redis } from 'ioredis';
import pg from 'pg';
import { aclFile, redisUsers, type RedisUser } from '../src/redis/redis-users.ts';
import { startCountingTarget } from './counting-target.ts';
import { createAdmin, migrateDatabase, startSystem } from './start-system.ts';

const ownPostgres = async (t: ExecutionContext) => {
  const { primary } = await startOwnPostgres(t, { standby: false, password: 'superuser-of-this-test' });
  // As with most providers, and in docker-compose.yml: the owner is no superuser.
  await statement(primary.url, "create role owner login createrole password 'owner-of-this-test'");
  const ownerUrl = new URL(primary.url);
  ownerUrl.username = 'owner';
  ownerUrl.password = 'owner-of-this-test';
  await statement(primary.url, `alter database "${ownerUrl.pathname.slice(1)}" owner to owner`);
  const urlOf = (role: ServiceRole): string => {
    const url = new URL(primary.url);
    url.username = `${groupOf(role)}_a`;
    url.password = `password of ${role}`;
    return url.href;
  };
  await migrateDatabase(t, { DATABASE_URL: ownerUrl.href });
  const logins = serviceRoles.map((role) => loginOf(role, urlOf(role)));
  await applyRoles(ownerUrl.href, { logins });
  // Again: what is there already stays as it is.
  await applyRoles(ownerUrl.href, { logins });
  return { ownerUrl: ownerUrl.href, urlOf };
};

const ownRedis = async (t: ExecutionContext) => {
  const redis = await startOwnRedis(t, { password: 'default-of-this-test' });
  const passwordOf = (user: RedisUser) => `password-of-${user}`;
  const passwords = Object.fromEntries(redisUsers.map((user) => [user, [passwordOf(user)]]));
  const admin = new Redis(redis.url);
  t.teardown(() => admin.disconnect());
  for (const line of aclFile({ prefix: 'app:', passwords }).split('\n')) {
    const [kind, ...rules] = line.split(' ');
    if (kind === 'user' && rules[0] !== 'default') await admin.call('ACL', 'SETUSER', ...rules);
  }
  const urlOf = (user: RedisUser): string => {
    const url = new URL(redis.url);
    url.username = user;
    url.password = passwordOf(user);
    return url.href;
  };
  return { urlOf };
};

const statement = async (url: string, sql: string): Promise<string> => {
  const client = new pg.Client({ connectionString: url });
  await client.connect();
  try {
    await client.query(sql);
    return 'allowed';
  } catch (error) {
    return (error as Error).message;
  } finally {
    await client.end();
  }
};

test('in Postgres no service can do what is not its own', async (t) => {
  t.timeout(300_000);
  const { urlOf } = await ownPostgres(t);
  const refused: readonly (readonly [ServiceRole, string])[] = [
    ['auth', 'select 1 from tasks'],
    ['auth', 'delete from subtasks'],
    ['auth', 'create table mine (id int)'],
    ['task_intake', 'select password_hash from users'],
    ['task_intake', 'select hash from api_keys'],
    ['task_intake', 'update users set role = role'],
    ['task_intake', 'drop table tasks'],
    ['task_intake', 'delete from schema_migrations'],
    ['task_intake', 'create role other'],
    ['task_intake', "copy tasks to program 'cat'"],
    ['task_intake', 'select 1 from audit_log'],
    ['health', 'select 1 from users'],
    ['health', 'select input from tasks'],
    ['health', 'update tasks set priority = 1'],
    ['health', 'update schema_migrations set name = name'],
    ['backup', 'delete from tasks'],
    ['backup', 'update users set role = role'],
  ];
  for (const [role, sql] of refused)
    t.regex(await statement(urlOf(role), sql), /permission denied|must be owner/, `${role}: ${sql}`);
  const allowed: readonly (readonly [ServiceRole, string])[] = [
    ['auth', 'select password_hash from users'],
    ['task_intake', 'select 1 from tasks for update'],
    ['health', 'select pg_current_wal_lsn()'],
    ['backup', 'select 1 from users, tasks'],
  ];
  for (const [role, sql] of allowed) t.is(await statement(urlOf(role), sql), 'allowed', `${role}: ${sql}`);
});

test('in Redis no service can do what is not its own', async (t) => {
  t.timeout(300_000);
  const { urlOf } = await ownRedis(t);
  const command = async (user: RedisUser, ...words: [string, ...string[]]): Promise<string> => {
    const client = new Redis(urlOf(user), { maxRetriesPerRequest: 2, enableReadyCheck: false });
    client.on('error', () => undefined); // the command rejects
    try {
      const [name, ...args] = words;
      await client.call(name, ...args);
      return 'allowed';
    } catch (error) {
      return (error as Error).message;
    } finally {
      client.disconnect();
    }
  };
  const script = "return redis.call('DEL', KEYS[1])";
  const refused: readonly (readonly [RedisUser, [string, ...string[]]])[] = [
    ['standard-worker', ['XADD', 'app:{rpc:auth}', '*', 'forged', '1']],
    ['standard-worker', ['DEL', 'app:revocation_ids']],
    ['standard-worker', ['XADD', 'app:{lumina_tasks}', '*', 'forged', '1']],
    ['standard-worker', ['XREAD', 'STREAMS', 'app:{task_events}', '0']],
    ['standard-worker', ['EVAL', script, '1', 'app:{idempotency}:x']],
    ['lumina-worker', ['XADD', 'app:{standard_tasks}', '*', 'forged', '1']],
    ['gateway', ['XADD', 'app:{standard_tasks}', '*', 'forged', '1']],
    ['gateway', ['XADD', 'app:{task_results}', '*', 'forged', '1']],
    ['gateway', ['XADD', 'app:{task_events}', '*', 'forged', '1']],
    ['auth', ['XREAD', 'STREAMS', 'app:{task_results}', '0']],
    ['task-intake', ['XADD', 'app:{audit}', '*', 'forged', '1']],
    ['standard-worker', ['XADD', 'app:{audit}', '*', 'forged', '1']],
    ['health-aggregator', ['XADD', 'app:{audit}', '*', 'forged', '1']],
    ['auth', ['XADD', 'app:{standard_tasks}', '*', 'forged', '1']],
    ['task-intake', ['DEL', 'app:revocation_ids']],
    ['task-intake', ['XREAD', 'STREAMS', 'app:{rpc:auth}', '0']],
    ['health-aggregator', ['EVAL', script, '1', 'app:{standard_tasks}']],
    ['health-aggregator', ['XADD', 'app:{standard_tasks}', '*', 'forged', '1']],
    ['backup', ['SET', 'app:x', '1']],
    ['monitor', ['GET', 'app:x']],
    ...(['replica', 'sentinel'] as const).flatMap((user) =>
      (
        [
          ['GET', 'app:x'],
          ['SET', 'app:x', '1'],
          ['SCAN', '0'],
          ['XADD', 'app:{standard_tasks}', '*', 'forged', '1'],
          ['EVAL', script, '1', 'app:x'],
          ['CONFIG', 'GET', '*'],
          ['ACL', 'LIST'],
          ['FLUSHALL'],
          ['SHUTDOWN'],
        ] as [string, ...string[]][]
      ).map((words) => [user, words] as const),
    ),
    ['replica', ['INFO']],
    ['replica', ['REPLICAOF', 'NO', 'ONE']],
    ['replica', ['PUBLISH', 'app:x', 'forged']],
    ['scaler', ['XRANGE', 'app:{standard_tasks}', '-', '+']],
    ['scaler', ['XINFO', 'GROUPS', 'app:{task_results}']],
    ...(['gateway', 'auth', 'task-intake', 'standard-worker', 'health-aggregator'] as const).flatMap((user) =>
      [['FLUSHALL'], ['KEYS', '*'], ['CONFIG', 'GET', '*'], ['ACL', 'LIST'], ['SHUTDOWN'], ['GET', 'other:x']]
        // Health may read whatever is Backend2's; this is not.
        .map((words) => [user, words as [string, ...string[]]] as const),
    ),
  ];
  for (const [user, words] of refused)
    t.regex(await command(user, ...words), /NOPERM|can't access/, `${user}: ${words.join(' ')}`);
  t.is(await command('operator', 'SET', 'app:x', '1'), 'allowed');
  t.is(await command('monitor', 'INFO'), 'allowed');
  t.is(await command('replica', 'PING'), 'allowed');
  t.is(await command('sentinel', 'ROLE'), 'allowed');
  const stream = 'app:{standard_tasks}';
  t.is(await command('operator', 'XGROUP', 'CREATE', stream, 'workers', '0', 'MKSTREAM'), 'allowed');
  t.is(await command('scaler', 'XINFO', 'GROUPS', stream), 'allowed');
});

test('every service does its work with the rights it is given and no more', async (t) => {
  t.timeout(300_000);
  const target = await startCountingTarget(t);
  const [postgres, redis] = await Promise.all([ownPostgres(t), ownRedis(t)]);
  const admin = await createAdmin(t, { DATABASE_URL: postgres.ownerUrl });
  const shared = { HTTP_PRIVATE_HOSTS: target.host, DATABASE_REPLICA_URLS: '' };
  const roles: Partial<Record<ServiceName, ServiceRole>> = {
    auth: 'auth',
    'task-intake': 'task_intake',
    'health-aggregator': 'health',
  };
  const envOf = (name: ServiceName) => {
    const role = roles[name];
    return { REDIS_URL: redis.urlOf(name), ...(role && { DATABASE_URL: postgres.urlOf(role) }) };
  };
  const system = await startSystem(t, shared, admin, envOf, services);
  const { client } = system;
  const created = await client.tasks.create({
    name: 'within rights',
    kind: 'http.request',
    input: { url: target.url },
    variables: [{ name: 'n', values: [1, 2, 3] }],
  });
  t.is((await client.tasks.waitUntilFinished(created.id)).state, 'succeeded');
  await client.users.create({ email: 'ada@example.org', name: 'Ada', password: 'a long enough password' });
  await client.tasks.delete(created.id);
  const health = await until(
    async () => {
      const now = await client.health();
      return now.status === 'pass' && now;
    },
    { timeoutMs: 60_000, what: 'a verdict on the system' },
  );
  t.is(health.status, 'pass');
  t.true((await client.system.consumers()).items.length > 5);
  t.deepEqual((await client.system.deadLetters('audit')).items, []);
  await until(async () => (await client.system.audit({ action: 'deleteTask' })).items.length === 1, {
    what: 'the deletion in the audit log',
  });
  await client.auth.signOut();
  for (const [name, process] of system.processes) {
    const lines = process.output.split('\n').filter((line) => /NOPERM|permission denied/i.test(line));
    t.deepEqual(lines, [], name);
  }
});
