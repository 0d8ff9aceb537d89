import { execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { migrate } from '@backend2/database';
import { loadConfig, redisConfig } from '@backend2/service-kit';
import { startOwnPostgres, startOwnRedis } from '@backend2/testkit';
import test, { type ExecutionContext } from 'ava';
import { Redis } from 'ioredis';
import { openBackupFolder } from '../src/backup/backup-folder.ts';
import { restoreBackup } from '../src/backup/restore-backup.ts';
import { takeBackup } from '../src/backup/take-backup.ts';
import { OperatorError } from '../src/operator-error.ts';
import { query } from './query.ts';

// pg_dump wants a server no newer than itself, and the one of the dependencies comes without client tools: these run where
// Debian's Postgres is installed, server and tools.
const debian = '/usr/lib/postgresql';
const version = (existsSync(debian) ? readdirSync(debian) : [])
  .toSorted((a, b) => Number(b) - Number(a))
  .find((one) => ['postgres', 'pg_dump'].every((name) => existsSync(join(debian, one, 'bin', name))));
const command = (name: string): string => join(debian, version ?? '', 'bin', name);
const withTools = version === undefined ? test.skip : test;

const jobs = 3;
const say = () => undefined;
const message = (pattern: RegExp) => ({ instanceOf: OperatorError, message: pattern });

const folderFor = (t: ExecutionContext): string => {
  const path = mkdtempSync(join(tmpdir(), 'backend2-pg-dump-'));
  t.teardown(() => rmSync(path, { recursive: true, force: true }));
  return path;
};

/** Servers with one user in the books and one answer that Redis remembers. */
const startServers = async (t: ExecutionContext) => {
  const binaries = {
    postgres: command('postgres'),
    initdb: command('initdb'),
    localeProvider: 'libc',
  } as const;
  const postgres = await startOwnPostgres(t, { standby: false, binaries });
  const server = await startOwnRedis(t);
  const databaseUrl = postgres.primary.url;
  await migrate(databaseUrl);
  await query(
    databaseUrl,
    `insert into users (id, email, name, role, password_hash)
    values (gen_random_uuid(), 'ada@example.org', 'Ada', 'user', 'none')`,
  );
  const redis = new Redis(server.url);
  t.teardown(() => redis.disconnect());
  await redis.set('app:{idempotency}:ada:key', 'answered', 'EX', 3600);
  const config = loadConfig({ redis: redisConfig }, { REDIS_URL: server.url }).redis;
  const shared = { databaseUrl, redis: config, artifactsDir: undefined, jobs, say };
  return { postgres, redis, shared };
};

withTools(
  'a backup by pg_dump is a custom archive with its checksum, which parallel jobs restore, and whose oldest is removed',
  async (t) => {
    t.timeout(300_000);
    const { postgres, redis, shared } = await startServers(t);
    const folder = await openBackupFolder(folderFor(t), { passphrase: undefined, create: true });
    const options = { ...shared, folder, format: 'pg_dump', keep: 2 } as const;
    const taken = [await takeBackup(options), await takeBackup(options), await takeBackup(options)];
    t.deepEqual(await folder.names(), taken.slice(1).toSorted());

    const name = taken[2] ?? '';
    const { path, manifest } = await folder.read(name);
    const { postgres: entry } = manifest;
    if (entry.format !== 'pg_dump') return t.fail(entry.format);
    const file = join(path, entry.dump.file);
    const bytes = readFileSync(file);
    t.is(bytes.subarray(0, 5).toString(), 'PGDMP', 'the custom format');
    t.is(createHash('sha256').update(bytes).digest('hex'), entry.dump.sha256);
    const listed = execFileSync(command('pg_restore'), ['--list', file], { encoding: 'utf8' });
    t.regex(listed, /Format: CUSTOM/);
    for (const table of entry.tables) t.true(listed.includes(`TABLE DATA public ${table.name} `), table.name);

    await query(shared.databaseUrl, 'alter system set log_connections = on');
    await query(shared.databaseUrl, 'select pg_reload_conf()');
    await query(shared.databaseUrl, `update users set name = 'changed since'`);
    await redis.flushdb();
    await restoreBackup({ ...shared, folder, name, replace: true });
    t.deepEqual(await query(shared.databaseUrl, 'select name from users'), [{ name: 'Ada' }]);
    t.is(await redis.get('app:{idempotency}:ada:key'), 'answered');
    const log = readFileSync(postgres.primary.logFile, 'utf8');
    const connections = log.match(/connection authorized: .*application_name=pg_restore/g) ?? [];
    // One that leads, and the jobs.
    t.true(connections.length > jobs, `${connections.length} connections of pg_restore`);
  },
);

withTools(
  'an encrypted backup by pg_dump shows nothing, comes back with its passphrase, and is refused once a bit of it has changed',
  async (t) => {
    t.timeout(300_000);
    const { shared } = await startServers(t);
    const folder = await openBackupFolder(folderFor(t), {
      passphrase: 'correct horse battery staple',
      create: true,
    });
    const name = await takeBackup({ ...shared, folder, format: 'pg_dump', keep: 2 });
    const { path } = await folder.read(name);
    const file = join(path, 'postgres.dump');
    const bytes = readFileSync(file);
    t.false(bytes.includes('PGDMP'));
    t.false(bytes.includes('password_hash'));

    await query(shared.databaseUrl, `update users set name = 'changed since'`);
    await restoreBackup({ ...shared, folder, name, replace: true });
    t.deepEqual(await query(shared.databaseUrl, 'select name from users'), [{ name: 'Ada' }]);

    bytes[bytes.length >> 1] = (bytes[bytes.length >> 1] ?? 0) ^ 1;
    writeFileSync(file, bytes);
    await query(shared.databaseUrl, `update users set name = 'changed again'`);
    await t.throwsAsync(
      restoreBackup({ ...shared, folder, name, replace: true }),
      message(/damaged: postgres\.dump is not what was written/),
    );
    t.deepEqual(await query(shared.databaseUrl, 'select name from users'), [{ name: 'changed again' }]);
  },
);
