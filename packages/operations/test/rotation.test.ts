import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { applyRoles, groupOf, loginOf } from '@backend2/database';
import { accessTokensFrom, loadConfig, securityConfig } from '@backend2/service-kit';
import { startOwnPostgres, startOwnRedis } from '@backend2/testkit';
import test, { type ExecutionContext } from 'ava';
import { Redis } from 'ioredis';
import pg from 'pg';
import { migrateDatabase, runToEnd } from './start-system.ts';

const rotate = 'packages/operations/src/rotate-command.ts';

const envFile = (t: ExecutionContext, lines: Record<string, string>) => {
  const folder = mkdtempSync(join(tmpdir(), 'backend2-secrets-'));
  t.teardown(() => rmSync(folder, { recursive: true, force: true }));
  const path = join(folder, '.env');
  const text = Object.entries(lines).map(([name, value]) => `${name}=${value}`);
  writeFileSync(path, `# made by init-env\n${text.join('\n')}\nOTHER=stays\n`, { mode: 0o600 });
  const read = () =>
    Object.fromEntries(
      readFileSync(path, 'utf8')
        .split('\n')
        .filter((line) => /^\w+=/.test(line))
        .map((line) => [line.slice(0, line.indexOf('=')), line.slice(line.indexOf('=') + 1)]),
    ) as Record<string, string>;
  return { path, read };
};

test('while the signing key is rotated, processes before and after a step accept each other’s tokens, and at the end the former key is worth nothing', async (t) => {
  t.timeout(300_000);
  // The comma would take it apart in a plain list of former keys.
  const file = envFile(t, { SECRET_KEY: 'the-first-secret-of-forty,characters-or-so' });
  const tokensNow = () => accessTokensFrom(loadConfig({ security: securityConfig }, file.read()).security);
  const who = { userId: 'ada', role: 'user', sessionId: 'one' } as const;
  const step = (...words: string[]) =>
    runToEnd(t, rotate, {}, ['SECRET_KEY', ...words, '--env-file', file.path]);

  const first = tokensNow();
  const stages = [first];
  for (const words of [['begin'], ['switch'], ['finish', '--force']]) {
    const said = await step(...words);
    t.false(Object.values(file.read()).some((value) => value.length > 30 && said.includes(value)));
    stages.push(tokensNow());
  }
  const { token } = first.sign(who);
  for (const [index, before] of stages.entries()) {
    const after = stages[index + 1];
    if (!after) break;
    t.notThrows(() => before.verify(after.sign(who).token), `stage ${index} accepts what ${index + 1} signs`);
    if (index < 2) t.notThrows(() => after.verify(token), `stage ${index + 1} accepts the first token`);
  }
  t.throws(() => stages[3]?.verify(token), { message: /not valid/ });
  t.is(file.read()['OTHER'], 'stays');
});

test('between the steps of a rotation both passwords of a service sign in, and afterwards the former does not', async (t) => {
  t.timeout(300_000);
  const [postgres, redis] = await Promise.all([
    startOwnPostgres(t, { standby: false, password: 'owner-of-this-test' }),
    startOwnRedis(t, { password: 'operator-of-this-test' }),
  ]);
  const owner = postgres.primary.url;
  const loginUrl = new URL(owner);
  loginUrl.username = `${groupOf('auth')}_a`;
  loginUrl.password = 'first';
  const file = envFile(t, { AUTH_DATABASE_URL: loginUrl.href, REDIS_PASSWORD_AUTH: 'first' });
  await migrateDatabase(t, { DATABASE_URL: owner });
  await applyRoles(owner, { logins: [loginOf('auth', loginUrl.href)] });
  const admin = new Redis(redis.url);
  t.teardown(() => admin.disconnect());
  await admin.call('ACL', 'SETUSER', 'auth', 'on', '>first', '+ping');

  const env = { DATABASE_URL: owner, REDIS_URL: redis.url };
  const step = (what: string, word: string) =>
    runToEnd(t, rotate, env, [what, word, '--env-file', file.path]);
  const entersPostgres = async (url: string): Promise<boolean> => {
    const client = new pg.Client({ connectionString: url });
    try {
      await client.connect();
      await client.query('select 1 from users');
      return true;
    } catch {
      return false;
    } finally {
      await client.end();
    }
  };
  const entersRedis = async (password: string): Promise<boolean> => {
    const client = admin.duplicate();
    try {
      await client.call('AUTH', 'auth', password);
      return true;
    } catch {
      return false;
    } finally {
      client.disconnect();
    }
  };

  await step('postgres:auth', 'begin');
  await step('redis:auth', 'begin');
  const next = file.read();
  t.not(next['AUTH_DATABASE_URL'], loginUrl.href);
  t.deepEqual(
    [await entersPostgres(loginUrl.href), await entersPostgres(next['AUTH_DATABASE_URL'] ?? '')],
    [true, true],
  );
  t.deepEqual(
    [await entersRedis('first'), await entersRedis(next['REDIS_PASSWORD_AUTH'] ?? '')],
    [true, true],
  );

  await step('postgres:auth', 'finish');
  await step('redis:auth', 'finish');
  t.deepEqual(
    [await entersPostgres(loginUrl.href), await entersPostgres(next['AUTH_DATABASE_URL'] ?? '')],
    [false, true],
  );
  t.deepEqual(
    [await entersRedis('first'), await entersRedis(next['REDIS_PASSWORD_AUTH'] ?? '')],
    [false, true],
  );
});
