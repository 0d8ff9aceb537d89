import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { applyRoles, groupOf, loginOf } from '@backend2/database';
import { accessTokensFrom, loadConfig, securityConfig } from '@backend2/service-kit';
import { startOwnPostgres, startOwnRedis, until } from '@backend2/testkit';
import test, { type ExecutionContext } from 'ava';
import { Redis } from 'ioredis';
import pg from 'pg';
import { OperatorError } from '../src/operator-error.ts';
import { openEnvFile } from '../src/secrets/env-file.ts';
import { rotatePostgresPassword } from '../src/secrets/rotate-postgres-password.ts';
import { rotateRedisPassword } from '../src/secrets/rotate-redis-password.ts';
import { rotateSigningKey } from '../src/secrets/rotate-signing-key.ts';
import { migrateDatabase, runToEnd } from './start-system.ts';

const rotate = 'packages/operations/src/rotate-command.ts';

const envFile = (t: ExecutionContext, lines: Record<string, string>) => {
  const folder = mkdtempSync(join(tmpdir(), 'backend2-secrets-'));
  t.teardown(() => rmSync(folder, { recursive: true, force: true }));
  const path = join(folder, '.env');
  const text = Object.entries(lines).map(([name, value]) => `${name}=${value}`);
  writeFileSync(path, `# made by init-env\n${text.join('\n')}\nOTHER=stays\n`, { mode: 0o600 });
  const read = () => {
    const file = openEnvFile(path);
    const names = readFileSync(path, 'utf8').match(/^\w+(?==)/gm) ?? [];
    return Object.fromEntries(names.map((name) => [name, file.get(name) ?? '']));
  };
  return { path, read };
};

const signingSecret = 'a-secret-of-forty-characters,or-so-$and#more';

test('what is written to a file of secrets is read back as it was by a shell and by us, whatever it is', (t) => {
  const { path } = envFile(t, { PLAIN: 'before', QUOTED: `'a b'  # why`, BARE: 'a#b # why' });
  const file = openEnvFile(path);
  t.deepEqual([file.get('QUOTED'), file.get('BARE')], ['a b', 'a#b']);
  const values = {
    PLAIN: 'a-b_c',
    QUOTED: signingSecret,
    JSON_LIST: '["a,b","c d"]',
    BACK: String.raw`a\b`,
    NONE: '',
  };
  for (const [name, value] of Object.entries(values)) file.set(name, value);
  t.throws(() => file.set('ODD', `it's $5`), { instanceOf: OperatorError, message: /ODD cannot be written/ });
  file.save();
  for (const [name, value] of Object.entries(values)) {
    t.is(openEnvFile(path).get(name), value);
    t.is(execFileSync('sh', ['-c', `. "$1"; printf %s "$${name}"`, 'sh', path], { encoding: 'utf8' }), value);
  }
});

test('a former signing key is kept for as long as tokens live where the file does not say how long', (t) => {
  const { path } = envFile(t, { SECRET_KEY: signingSecret.slice(0, 30), ACCESS_TOKEN_EXPIRE_MINUTES: '' });
  const file = openEnvFile(path);
  const day = (n: number) => ({ now: new Date(Date.UTC(2026, 0, n)), force: false });
  rotateSigningKey(file, 'begin', day(1));
  rotateSigningKey(file, 'switch', day(1));
  t.throws(() => rotateSigningKey(file, 'finish', day(7)), { message: /another 1440 minutes/ });
  file.set('ACCESS_TOKEN_EXPIRE_MINUTES', 'soon');
  t.throws(() => rotateSigningKey(file, 'finish', day(9)), { message: /ACCESS_TOKEN_EXPIRE_MINUTES/ });
  file.set('ACCESS_TOKEN_EXPIRE_MINUTES', undefined);
  t.regex(rotateSigningKey(file, 'finish', day(9)), /worth nothing/);
});

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

test('a password is not changed again before the former is gone, whatever its login was called, and a step that came halfway can be repeated', async (t) => {
  t.timeout(300_000);
  const [postgres, redis] = await Promise.all([
    startOwnPostgres(t, { standby: false, password: 'owner-of-this-test' }),
    startOwnRedis(t),
  ]);
  const owner = postgres.primary.url;
  const loginUrl = new URL(owner);
  loginUrl.username = 'someone';
  loginUrl.password = 'first';
  const { path } = envFile(t, { AUTH_DATABASE_URL: loginUrl.href, REDIS_PASSWORD_AUTH: 'first' });
  await migrateDatabase(t, { DATABASE_URL: owner });
  await applyRoles(owner, { logins: [loginOf('auth', loginUrl.href)] });
  const session = async (url: string) => {
    const client = new pg.Client({ connectionString: url });
    await client.connect();
    return client;
  };
  const admin = new Redis(redis.url);
  t.teardown(() => admin.disconnect());
  await admin.call('ACL', 'SETUSER', 'auth', 'on', '>first', '+ping');

  const file = openEnvFile(path);
  const step = (word: 'begin' | 'finish') => rotatePostgresPassword(file, 'auth', word, owner);
  await t.throwsAsync(step('finish'), { message: /someone alone may sign in: begin first/ });
  await step('begin');
  const second = file.get('AUTH_DATABASE_URL') ?? '';
  await t.throwsAsync(step('begin'), { message: /someone may still sign in: finish first/ });
  const late = await session(loginUrl.href);
  await t.throwsAsync(step('finish'), { message: /1 sessions still use someone/ });
  await late.end();
  await until(() => step('finish').then(() => true), { what: 'the session gone' });
  await t.throwsAsync(session(loginUrl.href));
  await (await session(second)).end();
  await step('begin');
  t.not(file.get('AUTH_DATABASE_URL'), second);
  await (await session(second)).end();

  await rotateRedisPassword(file, 'auth', 'begin', admin);
  file.save();
  await rotateRedisPassword(file, 'auth', 'finish', admin);
  // What it wrote was lost.
  const saved = openEnvFile(path);
  await rotateRedisPassword(saved, 'auth', 'finish', admin);
  t.is(saved.get('REDIS_PASSWORD_AUTH_PREVIOUS'), undefined);
});
