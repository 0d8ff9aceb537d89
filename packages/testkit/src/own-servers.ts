import { accessSync, chmodSync, constants, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import {
  type Postgres,
  type PostgresOptions,
  type Redis,
  type RedisOptions,
  startPostgres,
  startRedis,
} from '@backend2/dev-stack';
import type { TestScope } from './test-scope.ts';

/** Linux keeps these files in memory, where a write waits for no disk. */
const memoryFolder = '/dev/shm';

function parentOf(durable: boolean): string {
  if (durable) return tmpdir();
  try {
    accessSync(memoryFolder, constants.W_OK);
    return memoryFolder;
  } catch {
    return tmpdir();
  }
}

function folder(t: TestScope, name: string, durable = true): string {
  const dir = mkdtempSync(join(parentOf(durable), `backend2-own-${name}-`));
  chmodSync(dir, 0o711); // as root, Postgres runs as another user who must pass through
  t.teardown(() => rmSync(dir, { recursive: true, force: true }));
  return dir;
}

/**
 * For tests that kill, pause or fill a Redis: one of its own, durable unless said otherwise. Where it is not, its files are
 * in memory where the system has a folder for that.
 */
export async function startOwnRedis(t: TestScope, options: Partial<RedisOptions> = {}): Promise<Redis> {
  const dir = options.dir ?? folder(t, 'redis', options.durable);
  const redis = await startRedis({ removeOnDeath: options.dir === undefined, ...options, dir });
  t.teardown(() => redis.kill());
  return redis;
}

/** For tests that kill or pause Postgres: a primary and, unless told not to, a streaming standby. */
export async function startOwnPostgres(
  t: TestScope,
  options: Partial<PostgresOptions> = {},
): Promise<Postgres> {
  const dir = options.dir ?? folder(t, 'postgres');
  const postgres = await startPostgres({
    durable: false,
    removeOnDeath: options.dir === undefined,
    ...options,
    dir,
  });
  t.teardown(() => postgres.kill());
  return postgres;
}
