import { createHash } from 'node:crypto';
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import type { NewTask } from '@backend2/client';
import { migrate } from '@backend2/database';
import { loadConfig, redisConfig } from '@backend2/service-kit';
import { startOwnPostgres, startOwnRedis, until } from '@backend2/testkit';
import test, { type ExecutionContext } from 'ava';
import { Redis } from 'ioredis';
import pg from 'pg';
import { openBackupFolder } from '../src/backup/backup-folder.ts';
import { restoreBackup, verifyBackup } from '../src/backup/restore-backup.ts';
import { takeBackup } from '../src/backup/take-backup.ts';
import { OperatorError } from '../src/operator-error.ts';
import { startCountingTarget } from './counting-target.ts';
import { query } from './query.ts';
import { createAdmin, migrateDatabase, runToEnd, startSystem } from './start-system.ts';

const folder = (t: ExecutionContext, name: string): string => {
  const path = mkdtempSync(join(tmpdir(), `backend2-${name}-`));
  t.teardown(() => rmSync(path, { recursive: true, force: true }));
  return path;
};

const startServers = async (t: ExecutionContext) => {
  const [postgres, redis] = await Promise.all([
    startOwnPostgres(t, { standby: false, password: 'postgres of this test' }),
    startOwnRedis(t, { password: 'redis-of-this-test' }),
  ]);
  return {
    env: { DATABASE_URL: postgres.primary.url, DATABASE_REPLICA_URLS: '', REDIS_URL: redis.url },
    destroy: () => Promise.all([postgres.kill(), redis.kill()]),
  };
};

/** As where services follow a promotion: several servers in one URL, of which one takes writes. */
const withDeadStandby = (url: string): string => url.replace(/(127\.0\.0\.1|localhost)(:\d+)/, '$1$2,$1:1');

const backup = 'packages/operations/src/backup-command.ts';
const restore = 'packages/operations/src/restore-command.ts';
const cells = 12;
const finishedBefore = 5;
const patience = { timeoutMs: 120_000 };

test('a system destroyed in the middle of its work is restored: what was accepted is there, what was under way is finished, and nothing runs twice', async (t) => {
  t.timeout(600_000);
  const target = await startCountingTarget(t);
  const backups = folder(t, 'backups');
  const first = await startServers(t);
  const shared = {
    HTTP_PRIVATE_HOSTS: target.host,
    SECRET_KEY: 'a secret of this test alone, and long enough',
    BACKUP_DIR: backups,
    BACKUP_PASSPHRASE: 'correct horse battery staple',
  };
  const before = { ...shared, ...first.env, ARTIFACTS_DIR: folder(t, 'artifacts') };
  await migrateDatabase(t, before);
  const admin = await createAdmin(t, before);
  const system = await startSystem(t, before, admin);

  const sweep: NewTask = {
    name: 'counted',
    kind: 'http.request',
    input: { url: target.url },
    variables: [{ name: 'n', values: Array.from({ length: cells }, (_, n) => n) }],
  };
  const picture: NewTask = {
    name: 'picture',
    kind: 'image.generate',
    input: { prompts: [{ value: 'a lake' }], ratio: '8:1', seed: 1 },
  };
  target.hold((n) => Number(n) >= finishedBefore);
  const drawn = await system.client.tasks.create(picture);
  await system.client.tasks.waitUntilFinished(drawn.id);
  const counted = await system.client.tasks.create(sweep, { idempotencyKey: 'counted' });
  await until(async () => {
    const { counts } = await system.client.tasks.get(counted.id);
    return counts.succeeded === finishedBefore && target.counts.size > finishedBefore;
  }, patience);
  const drawnCell = await system.client.tasks.subtask(drawn.id, 0);
  const image = await system.client.artifacts.get(drawnCell.artifacts[0]?.id ?? '');

  const both = (env: { DATABASE_URL: string }) => ({
    ...env,
    DATABASE_URL: withDeadStandby(env.DATABASE_URL),
  });
  const said = await runToEnd(t, backup, both(before), ['--format', 'copy']);
  t.regex(said, /Backup \S+ is whole/);
  const later = await system.client.tasks.create({ ...sweep, name: 'after the backup' });
  await system.kill();
  await first.destroy();

  const second = await startServers(t);
  const after = { ...shared, ...second.env, ARTIFACTS_DIR: folder(t, 'artifacts') };
  target.release();
  target.forget();
  await runToEnd(t, restore, both(after));
  const again = await startSystem(t, after, admin);

  const finished = await again.client.tasks.waitUntilFinished(counted.id);
  t.is(finished.state, 'succeeded');
  t.is(finished.counts.succeeded, cells);
  const ran = [...target.counts].toSorted(([a], [b]) => Number(a) - Number(b));
  const unfinished = Array.from({ length: cells - finishedBefore }, (_, n) => [
    String(n + finishedBefore),
    1,
  ]);
  t.deepEqual(ran, unfinished as [string, number][], 'each unfinished cell ran once, and no finished one');

  const { items } = await again.client.tasks.list();
  t.deepEqual(items.map(({ id }) => id).toSorted(), [drawn.id, counted.id].toSorted());
  t.false(items.some(({ id }) => id === later.id));
  const repeated = await again.client.tasks.create(sweep, { idempotencyKey: 'counted' });
  t.is(repeated.id, counted.id, 'a repeated request is still known');
  const digest = (bytes: Uint8Array) => createHash('sha256').update(bytes).digest('hex');
  t.is(digest(await again.client.artifacts.get(drawnCell.artifacts[0]?.id ?? '')), digest(image));
});

test('a backup that is damaged, sealed by another passphrase, or meant for a server that is not empty, is refused before anything is changed', async (t) => {
  t.timeout(600_000);
  const { env } = await startServers(t);
  await migrate(env.DATABASE_URL);
  const statement = `insert into users (id, email, name, role, password_hash)
    values (gen_random_uuid(), 'ada@example.org', 'Ada', 'user', 'none')`;
  await query(env.DATABASE_URL, statement);
  const path = folder(t, 'backups');
  const passphrase = 'correct horse battery staple';
  const opened = await openBackupFolder(path, { passphrase, create: true });
  const redis = loadConfig({ redis: redisConfig }, env).redis;
  const shared = { folder: opened, databaseUrl: env.DATABASE_URL, redis, artifactsDir: undefined, jobs: 2 };
  const say = () => undefined;
  for (let taken = 0; taken < 3; taken += 1) await takeBackup({ ...shared, format: 'copy', keep: 2, say });
  const [good = '', bad = '', ...others] = await opened.names();
  t.deepEqual(others, [], 'the oldest was removed');
  t.true(readdirSync(path).every((name) => !name.includes('partial')));

  const message = (pattern: RegExp) => ({ instanceOf: OperatorError, message: pattern });
  const wrong = openBackupFolder(path, { passphrase: 'another', create: false });
  await t.throwsAsync(wrong, message(/passphrase is not the one/));
  const put = (name: string, replace: boolean) => restoreBackup({ ...shared, name, replace, say });
  await t.throwsAsync(put(good, false), message(/is not empty: say --replace/));

  const file = join(path, bad, 'postgres-users.copy.gz');
  const bytes = readFileSync(file);
  bytes[bytes.length >> 1] = (bytes[bytes.length >> 1] ?? 0) ^ 1;
  writeFileSync(file, bytes);
  await t.throwsAsync(put(bad, true), message(/damaged: postgres-users\.copy\.gz is not what was written/));

  await query(env.DATABASE_URL, `update users set name = 'changed since'`);
  await put(good, true);
  t.deepEqual(await query(env.DATABASE_URL, 'select name from users'), [{ name: 'Ada' }]);
});

/** A task in the books with a file of each text, kept where artifacts are. */
const keepFiles = async (url: string, artifactsDir: string, texts: readonly string[]): Promise<string[]> => {
  const task = '00000000-0000-7000-8000-000000000001';
  await query(
    url,
    `insert into tasks (id, owner_id, name, kind, lane, input, variables, axes, batch_size, priority, timeout_ms,
       max_attempts, tags, total, pending)
     values ('${task}', gen_random_uuid(), 'drawn', 'image.generate', 'standard', '{}', '[]', '[]', 1, 0, 1000, 3, '{}', 1, 1)`,
  );
  await query(url, `insert into subtasks (task_id, ordinal) values ('${task}', 0)`);
  const keys: string[] = [];
  for (const [place, text] of texts.entries()) {
    const sha256 = createHash('sha256').update(text).digest('hex');
    const key = `${sha256.slice(0, 2)}/${sha256}.png`;
    mkdirSync(dirname(join(artifactsDir, key)), { recursive: true });
    writeFileSync(join(artifactsDir, key), text);
    await query(
      url,
      `insert into artifacts (id, task_id, ordinal, run, place, key, content_type, bytes, sha256)
       values (gen_random_uuid(), '${task}', 0, 1, ${place}, '${key}', 'image/png', ${text.length}, '${sha256}')`,
    );
    keys.push(key);
  }
  return keys;
};

test('a backup waits for another, clears away what killed ones left, and one whose copy of a file is damaged gives back all the others', async (t) => {
  t.timeout(600_000);
  const { env } = await startServers(t);
  const { DATABASE_URL: databaseUrl } = env;
  await migrate(databaseUrl);
  const artifactsDir = folder(t, 'artifacts');
  const [first = '', second = '', third = ''] = (
    await keepFiles(databaseUrl, artifactsDir, ['one', 'two', 'three'])
  ).toSorted();
  const path = folder(t, 'backups');
  const both = await Promise.all(
    [0, 1].map(() => openBackupFolder(path, { passphrase: 'correct horse', create: true })),
  );
  const [opened] = both;
  if (!opened) return t.fail();
  t.deepEqual(both[0]?.key, both[1]?.key, 'both write what either can read');
  const redis = loadConfig({ redis: redisConfig }, env).redis;
  const shared = { folder: opened, databaseUrl, redis, artifactsDir, jobs: 2 };

  for (const [name, ageMs] of [
    ['.20200101T000000000Z-aaaa.partial', 2 * 86_400_000],
    ['.20200101T000000000Z-bbbb.partial', 0],
  ] as const) {
    mkdirSync(join(path, name));
    const at = new Date(Date.now() - ageMs);
    utimesSync(join(path, name), at, at);
  }
  const other = new pg.Client({ connectionString: databaseUrl });
  await other.connect();
  await other.query(`select pg_advisory_lock(hashtext('backend2 backup'))`);
  const said: string[] = [];
  const taken = takeBackup({ ...shared, format: 'copy', keep: 1, say: (line) => said.push(line) });
  await until(() => said.length > 0);
  t.regex(said.join(), /^Another backup of this database is under way/);
  await other.end();
  const name = await taken;
  t.deepEqual(
    readdirSync(path).filter((entry) => entry.endsWith('.partial')),
    ['.20200101T000000000Z-bbbb.partial'],
  );

  await verifyBackup(opened, name);
  const copy = join(path, 'artifacts', second);
  const bytes = readFileSync(copy);
  bytes[bytes.length - 1] = (bytes[bytes.length - 1] ?? 0) ^ 1;
  writeFileSync(copy, bytes);
  const message = (pattern: RegExp) => ({ instanceOf: OperatorError, message: pattern });
  await t.throwsAsync(verifyBackup(opened, name), message(new RegExp(`damaged.*${second}`)));
  rmSync(artifactsDir, { recursive: true });
  const told: string[] = [];
  await restoreBackup({ ...shared, name, replace: true, say: (line) => told.push(line) });
  t.regex(told.join('\n'), new RegExp(`2 files written[\\s\\S]*DAMAGED, left out: ${second}`));
  t.deepEqual(
    [first, second, third].map((key) => existsSync(join(artifactsDir, key))),
    [true, false, true],
  );
  rmSync(copy);
  await t.throwsAsync(verifyBackup(opened, name), message(/1 copies of artifacts are missing/));

  const admin = new Redis(env.REDIS_URL);
  t.teardown(() => admin.disconnect());
  rmSync(path, { recursive: true });
  await t.throwsAsync(takeBackup({ ...shared, format: 'copy', keep: 1, say: () => undefined }), {
    code: 'ENOENT',
  });
  await until(
    async () =>
      String(await admin.client('LIST'))
        .trim()
        .split('\n').length === 1,
    {
      what: 'the connections of a backup that could not begin closed',
    },
  );
});
