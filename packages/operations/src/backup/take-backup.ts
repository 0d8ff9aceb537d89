import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import type { RedisConfig } from '@backend2/service-kit';
import { redisConnection } from '@backend2/service-kit';
import { createRedisClient } from '@backend2/streams';
import { OperatorError } from '../operator-error.ts';
import { prunePool, readArtifactList, storeArtifacts } from './artifact-pool.ts';
import type { BackupFolder } from './backup-folder.ts';
import { backupTurn } from './backup-turn.ts';
import { writeCopyArchive } from './copy-archive.ts';
import type { Manifest } from './manifest.ts';
import { writePgDump } from './pg-dump-archive.ts';
import { findPostgresTool } from './postgres-tools.ts';
import { mastersOf, rdbOf } from './redis-snapshot.ts';
import { openSnapshot, type Snapshot } from './snapshot.ts';
import { storeFile } from './stored-file.ts';

export type DumpFormat = 'auto' | 'pg_dump' | 'copy';

export interface BackupOptions {
  readonly folder: BackupFolder;
  readonly databaseUrl: string;
  /** Undefined leaves Redis out: a restore then begins from the books alone. */
  readonly redis: RedisConfig | undefined;
  /** Undefined lists artifacts without copying them. */
  readonly artifactsDir: string | undefined;
  readonly format: DumpFormat;
  readonly jobs: number;
  /** Older ones are removed once this one is whole. */
  readonly keep: number;
  readonly say: (line: string) => void;
}

/** Takes a backup of a running system; answers its name. */
export const takeBackup = async (options: BackupOptions): Promise<string> => {
  const { folder, databaseUrl, redis: redisConfig, artifactsDir, say } = options;
  const { key } = folder;
  const redis = redisConfig && createRedisClient(redisConnection(redisConfig), 'commands');
  redis?.on('error', () => undefined); // a command that fails says why
  let turn: Awaited<ReturnType<typeof backupTurn>> | undefined;
  let draft: Awaited<ReturnType<BackupFolder['begin']>> | undefined;
  let snapshot: Snapshot | undefined;
  try {
    turn = await backupTurn(databaseUrl, say);
    const begunAt = new Date();
    draft = await folder.begin(begunAt);
    const snapshotMs = redis && (await redisTime(redis));
    snapshot = await openSnapshot(databaseUrl);
    say(`Snapshot of Postgres ${snapshot.serverVersion}, ${snapshot.tables.length} tables`);
    const redisEntry =
      redis && redisConfig && snapshotMs !== undefined
        ? await storeRedis(redis, redisConfig, snapshotMs, draft.path, key)
        : null;
    if (redisEntry)
      say(`Redis: ${redisEntry.files.reduce((sum, { bytes }) => sum + bytes, 0)} bytes of snapshot`);
    const postgres = await storePostgres(options, snapshot, draft.path);
    const artifacts = await storeArtifacts(snapshot, {
      source: artifactsDir,
      pool: folder.artifacts,
      path: draft.path,
      key,
    });
    say(
      `Artifacts: ${artifacts.count} listed, ${artifacts.bytes} bytes${artifacts.copied ? '' : ', not copied'}` +
        (artifacts.missing > 0 ? `; ${artifacts.missing} are MISSING in ${artifactsDir}` : ''),
    );
    const manifest: Manifest = {
      version: 1,
      takenAt: begunAt.toISOString(),
      encrypted: key !== undefined,
      migrations: [...snapshot.migrations],
      postgres,
      redis: redisEntry,
      artifacts,
    };
    const name = await draft.finish(manifest);
    say(`Backup ${name} is whole (${((Date.now() - begunAt.getTime()) / 1000).toFixed(1)} s)`);
    await retain(options);
    return name;
  } catch (error) {
    if (draft) await rm(draft.path, { recursive: true, force: true });
    throw error;
  } finally {
    redis?.disconnect();
    await snapshot?.release();
    await turn?.end();
  }
};

type Client = ReturnType<typeof createRedisClient>;

const redisTime = async (redis: Client): Promise<number> => {
  const [seconds, micros] = await redis.time();
  return Number(seconds) * 1000 + Math.floor(Number(micros) / 1000);
};

const storeRedis = async (
  redis: Client,
  config: RedisConfig,
  snapshotMs: number,
  path: string,
  key: Buffer | undefined,
): Promise<Manifest['redis']> => {
  const url = new URL(config.url);
  const access = {
    ...(url.username && { username: decodeURIComponent(url.username) }),
    ...(url.password && { password: decodeURIComponent(url.password) }),
    tls: url.protocol === 'rediss:',
  };
  const files = await Promise.all(
    mastersOf(redis).map(async (node, index) => {
      const name = `redis-${index}.rdb.gz`;
      return storeFile(await rdbOf(node, access), join(path, name), name, { compressed: true, key });
    }),
  );
  return { prefix: config.keyPrefix, database: Number(url.pathname.slice(1) || 0), snapshotMs, files };
};

const storePostgres = async (
  { format, databaseUrl, jobs, folder: { key }, say }: BackupOptions,
  snapshot: Snapshot,
  path: string,
): Promise<Manifest['postgres']> => {
  const command = format === 'copy' ? undefined : await findPostgresTool('pg_dump', snapshot.serverVersion);
  if (command !== undefined) {
    say(`Postgres: ${command}`);
    return writePgDump(databaseUrl, snapshot, command, path, key);
  }
  if (format === 'pg_dump')
    throw new OperatorError(
      `There is no pg_dump of version ${snapshot.serverVersion} or newer here: install postgresql-client-${snapshot.serverVersion}, or say --format copy.`,
    );
  say(`Postgres: COPY, ${jobs} tables at a time`);
  return writeCopyArchive(snapshot, { path, key, jobs, say });
};

const retain = async ({ folder, keep, say }: BackupOptions): Promise<void> => {
  const names = await folder.names();
  for (const name of names.slice(0, Math.max(0, names.length - keep))) {
    await folder.remove(name);
    say(`Removed ${name}, keeping the last ${keep}`);
  }
  const kept = new Set<string>();
  for (const name of await folder.names()) {
    const { path } = await folder.read(name);
    for await (const line of readArtifactList(path, folder.key)) kept.add(line.key);
  }
  const removed = await prunePool(folder.artifacts, kept);
  if (removed > 0) say(`Removed ${removed} artifact copies that no backup lists any more`);
};
