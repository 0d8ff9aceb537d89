import { join } from 'node:path';
import { applyRoles, groupOf, migrate, serverName } from '@backend2/database';
import { redisConnection, type RedisConfig } from '@backend2/service-kit';
import { createRedisClient } from '@backend2/streams';
import pg from 'pg';
import { OperatorError } from '../operator-error.ts';
import { proveArtifacts, restoreArtifacts } from './artifact-pool.ts';
import type { BackupFolder } from './backup-folder.ts';
import { restoreCopyArchive } from './copy-archive.ts';
import type { Manifest } from './manifest.ts';
import { restorePgDump } from './pg-dump-archive.ts';
import { findPostgresTool } from './postgres-tools.ts';
import { countKeys, refuseKeys, removeKeys, restoreRedis } from './redis-restore.ts';
import { verifyStored } from './stored-file.ts';

export interface RestoreOptions {
  readonly folder: BackupFolder;
  readonly name: string;
  readonly databaseUrl: string;
  /** Undefined leaves Redis alone. */
  readonly redis: RedisConfig | undefined;
  readonly artifactsDir: string | undefined;
  readonly jobs: number;
  /** Removes what the targets hold; without it they must be empty. */
  readonly replace: boolean;
  readonly say: (line: string) => void;
}

/** Proves every file that belongs to a backup alone against its checksum. */
const proveFiles = async (folder: BackupFolder, name: string): Promise<Manifest> => {
  const { path, manifest } = await folder.read(name);
  const { postgres, redis, artifacts } = manifest;
  const files = [
    ...(postgres.format === 'copy' ? postgres.tables.map(({ data }) => data) : [postgres.dump]),
    ...(redis?.files ?? []),
    artifacts.list,
  ];
  for (const stored of files) await verifyStored(join(path, stored.file), stored);
  return manifest;
};

/** Proves all of a backup, the copies of artifacts that it shares with others among it. */
export const verifyBackup = async (folder: BackupFolder, name: string): Promise<Manifest> => {
  const manifest = await proveFiles(folder, name);
  const { copied, missing: known } = manifest.artifacts;
  if (!copied) return manifest;
  const { missing, damaged } = await proveArtifacts(join(folder.path, name), {
    pool: folder.artifacts,
    key: folder.key,
  });
  if (missing > known)
    throw new OperatorError(`The backup is not whole: ${missing - known} copies of artifacts are missing.`);
  if (damaged.length > 0)
    throw new OperatorError(
      `The backup is damaged: so are the copies of the artifacts ${damaged.join(', ')}.`,
    );
  return manifest;
};

/**
 * Brings a stopped system back to the moment of a backup. Nothing is touched before its books are proved; the copies of
 * artifacts are as they are put back.
 */
export const restoreBackup = async (options: RestoreOptions): Promise<void> => {
  const { folder, name, databaseUrl, artifactsDir, say } = options;
  const manifest = await proveFiles(folder, name);
  const path = join(folder.path, name);
  say(`Backup ${name} of ${manifest.takenAt}: its books are whole`);

  const restore = await postgresRestorer(options, manifest, path);
  const redis = options.redis && manifest.redis ? redisOf(options.redis) : undefined;
  try {
    // Both targets are looked at before either is changed.
    await refuseUnfit(options);
    if (redis && options.redis && !options.replace)
      refuseKeys(await countKeys(redis, options.redis.keyPrefix), options.redis.keyPrefix);

    await emptyDatabase(databaseUrl);
    await restore();
    await compareRows(databaseUrl, manifest);
    const newer = await migrate(databaseUrl);
    // The rights went with the tables; who may sign in did not.
    if (await hasRoles(databaseUrl)) await applyRoles(databaseUrl, { logins: [] });
    say(
      `Postgres: ${manifest.postgres.tables.length} tables restored and counted` +
        (newer.length > 0 ? `; migrated on with ${newer.join(', ')}` : ''),
    );

    if (redis && options.redis && manifest.redis) {
      const { keyPrefix: prefix } = options.redis;
      await removeKeys(redis, prefix);
      const count = await restoreRedis(redis, manifest.redis, path, { prefix, key: folder.key });
      say(`Redis: ${count} keys restored; the lanes are filled from Postgres when the services start`);
    }
    if (artifactsDir !== undefined && manifest.artifacts.copied) {
      const target = { pool: folder.artifacts, target: artifactsDir, key: folder.key };
      const { written, missing, damaged } = await restoreArtifacts(path, target);
      say(
        `Artifacts: ${written} files written, the others were there` +
          (missing > 0 ? `; ${missing} were not in the backup` : ''),
      );
      if (damaged.length > 0) say(`Artifacts whose copies are DAMAGED, left out: ${damaged.join(', ')}`);
    }
  } finally {
    redis?.disconnect();
  }
};

const redisOf = (config: RedisConfig) => {
  const redis = createRedisClient(redisConnection(config), 'commands');
  redis.on('error', () => undefined); // a command that fails says why
  return redis;
};

const withClient = async <T>(url: string, use: (client: pg.Client) => Promise<T>): Promise<T> => {
  const client = new pg.Client({ connectionString: url, application_name: 'backend2-restore' });
  await client.connect();
  try {
    return await use(client);
  } finally {
    await client.end();
  }
};

const refuseUnfit = ({ databaseUrl, replace }: RestoreOptions): Promise<void> =>
  withClient(databaseUrl, async (client) => {
    const server = serverName(databaseUrl);
    const { rows: others } = await client.query<{ names: string | null; count: string }>(
      `select string_agg(distinct application_name, ', ') as names, count(*) as count from pg_stat_activity
       where datname = current_database() and pid <> pg_backend_pid() and backend_type = 'client backend'`,
    );
    if (Number(others[0]?.count) > 0)
      throw new OperatorError(
        `${others[0]?.count} sessions still use ${server} (${others[0]?.names}): stop every service first.`,
      );
    const { rows: tables } = await client.query(
      `select 1 from pg_tables where schemaname = 'public' limit 1`,
    );
    if (tables.length > 0 && !replace)
      throw new OperatorError(`${server} is not empty: say --replace to remove what it holds.`);
  });

const emptyDatabase = (url: string): Promise<void> =>
  withClient(url, async (client) => {
    await client.query('drop schema if exists public cascade; create schema public');
  });

const postgresRestorer = async (
  { databaseUrl, jobs, folder: { key }, say }: RestoreOptions,
  manifest: Manifest,
  path: string,
): Promise<() => Promise<void>> => {
  const { postgres } = manifest;
  if (postgres.format === 'copy') {
    return () => restoreCopyArchive(databaseUrl, manifest, postgres, { path, key, jobs, say });
  }
  const command = await findPostgresTool('pg_restore', Number(postgres.version));
  if (command === undefined)
    throw new OperatorError(
      `There is no pg_restore of version ${postgres.version} or newer here: install postgresql-client-${postgres.version}.`,
    );
  return async () => {
    await withClient(databaseUrl, async (client) => {
      for (const name of postgres.extensions)
        await client.query(`create extension if not exists ${pg.escapeIdentifier(name)} schema public`);
    });
    await restorePgDump(databaseUrl, command, jobs, path, key);
  };
};

const hasRoles = (url: string): Promise<boolean> =>
  withClient(url, async (client) => {
    const { rowCount } = await client.query('select 1 from pg_roles where rolname = $1', [groupOf('auth')]);
    return rowCount === 1;
  });

const compareRows = (url: string, { postgres }: Manifest): Promise<void> =>
  withClient(url, async (client) => {
    for (const { name, rows } of postgres.tables) {
      const { rows: counted } = await client.query<{ count: string }>(
        `select count(*) from "${name.replaceAll('"', '""')}"`,
      );
      if (Number(counted[0]?.count) !== rows)
        throw new OperatorError(`Table ${name} has ${counted[0]?.count} rows instead of ${rows}.`);
    }
  });
