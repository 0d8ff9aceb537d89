import { createWriteStream } from 'node:fs';
import { mkdir, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { RedisClient } from '@backend2/streams';
import { Cluster } from 'ioredis';
import { OperatorError } from '../operator-error.ts';
import type { Manifest } from './manifest.ts';
import { isAnswerTooNew, isCutAtSnapshot, isRestored } from './redis-families.ts';
import { openSnapshotReader } from './snapshot-reader.ts';
import { readStored } from './stored-file.ts';

type RedisEntry = NonNullable<Manifest['redis']>;

const batch = 200;

const scan = async function* (redis: RedisClient, prefix: string): AsyncGenerator<string[]> {
  const match = `${prefix.replaceAll(/[*?[\]\\]/g, String.raw`\$&`)}*`;
  for (const node of redis instanceof Cluster ? redis.nodes('master') : [redis])
    for await (const keys of node.scanStream({ match, count: batch })) yield keys as string[];
};

export const countKeys = async (redis: RedisClient, prefix: string): Promise<number> => {
  let count = 0;
  for await (const keys of scan(redis, prefix)) count += keys.length;
  return count;
};

export const removeKeys = async (redis: RedisClient, prefix: string): Promise<void> => {
  for await (const keys of scan(redis, prefix)) await Promise.all(keys.map((key) => redis.unlink(key)));
};

/**
 * Puts back what a snapshot holds and the books do not. A Redis of our own reads the file, so the target's disk is not
 * touched and it may be of another form: one server, Sentinel or Cluster.
 */
export const restoreRedis = async (
  target: RedisClient,
  entry: RedisEntry,
  folder: string,
  { prefix, key }: { readonly prefix: string; readonly key: Buffer | undefined },
): Promise<number> => {
  const home = await mkdtemp(join(tmpdir(), 'backend2-redis-'));
  let restored = 0;
  try {
    for (const { file } of entry.files) {
      const dir = join(home, file);
      await mkdir(dir);
      const rdb = createWriteStream(join(dir, 'dump.rdb'), { mode: 0o600 });
      await readStored(join(folder, file), rdb, { compressed: true, key });
      const reader = await openSnapshotReader(dir, entry.database);
      try {
        for await (const keys of scan(reader.redis, entry.prefix))
          restored += await copyKeys(reader.redis, target, keys, entry, prefix);
      } finally {
        await reader.close();
      }
    }
  } finally {
    await rm(home, { recursive: true, force: true });
  }
  return restored;
};

const copyKeys = async (
  source: RedisClient,
  target: RedisClient,
  keys: readonly string[],
  entry: RedisEntry,
  prefix: string,
): Promise<number> => {
  const wanted = keys.filter((key) => isRestored(key.slice(entry.prefix.length)));
  const copied = await Promise.all(
    wanted.map(async (key) => {
      const bare = key.slice(entry.prefix.length);
      const [ttl, payload] = await Promise.all([source.pttl(key), source.dumpBuffer(key)]);
      // It expired meanwhile.
      if (payload === null || ttl === -2) return false;
      if (ttl > 0 && isAnswerTooNew(bare, Date.now() + ttl, entry.snapshotMs)) return false;
      const name = `${prefix}${bare}`;
      await target.restore(name, Math.max(0, ttl), payload, 'REPLACE');
      if (isCutAtSnapshot(bare)) await cutStream(target, name, entry.snapshotMs);
      return true;
    }),
  );
  return copied.filter(Boolean).length;
};

const cutStream = async (target: RedisClient, key: string, snapshotMs: number): Promise<void> => {
  if ((await target.type(key)) !== 'stream') return;
  for (;;) {
    const late = await target.xrange(key, `${snapshotMs}-0`, '+', 'COUNT', batch);
    if (late.length === 0) return;
    await target.xdel(key, ...late.map(([id]) => id));
  }
};

export const refuseKeys = (count: number, prefix: string): void => {
  if (count > 0)
    throw new OperatorError(
      `Redis holds ${count} keys that begin with ${prefix}: say --replace to remove them first.`,
    );
};
