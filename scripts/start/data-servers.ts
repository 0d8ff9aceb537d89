import { randomBytes } from 'node:crypto';
import { join } from 'node:path';
import {
  type DataFolder,
  type Postgres,
  type Redis,
  StackError,
  startPostgres,
  startRedis,
} from '@backend2/dev-stack';
import { checkGivenRedis } from './check-given-redis.ts';

export interface DataServers {
  /** What the services need to know of them. */
  readonly environment: Readonly<Record<string, string>>;
  /** Redis, then Postgres; those that were only used are left alone. */
  stop(): Promise<void>;
  kill(): Promise<void>;
}

export interface DataServersOptions {
  readonly folder: DataFolder;
  readonly env: NodeJS.ProcessEnv;
  readonly say: (line: string) => void;
}

const watchEveryMs = 1_000;

/** Starts Redis and Postgres with its standby in the folder, except where the environment names others. */
export async function startDataServers({ folder, env, say }: DataServersOptions): Promise<DataServers> {
  const password = (name: string) => folder.secret(`${name}-password`, () => randomBytes(24).toString('hex'));
  const [redis, postgres] = await settleBoth(
    env['REDIS_URL']
      ? checkGivenRedis(env['REDIS_URL'], env['REDIS_KEY_PREFIX'] || undefined)
      : startOwnRedis(join(folder.path, 'redis'), password('redis'), say),
    env['DATABASE_URL']
      ? undefined
      : startOwnPostgres(join(folder.path, 'postgres'), password('postgres'), say),
  );
  const restarting = new Set<string>();
  const watch = setInterval(() => {
    for (const [name, server] of [
      ['Redis', redis],
      ['The primary Postgres', postgres?.primary],
      ['The standby Postgres', postgres?.standby],
    ] as const) {
      if (server === undefined || server.running || restarting.has(name)) continue;
      restarting.add(name);
      say(`${name} ended unexpectedly; starting it again (log: ${server.logFile})`);
      server
        .start()
        .then(() => say(`${name} is running again`))
        .catch((error: unknown) => say((error as Error).message))
        .finally(() => restarting.delete(name));
    }
  }, watchEveryMs);

  return {
    environment: {
      ...(redis !== undefined && { REDIS_URL: redis.url }),
      ...(postgres !== undefined && {
        DATABASE_URL: postgres.primary.url,
        DATABASE_REPLICA_URLS: postgres.standby?.url ?? '',
      }),
    },
    stop: async () => {
      clearInterval(watch);
      await redis?.stop();
      await postgres?.stop();
    },
    kill: async () => {
      clearInterval(watch);
      await Promise.all([redis?.kill(), postgres?.kill()]);
    },
  };
}

async function startOwnRedis(dir: string, password: string, say: (line: string) => void): Promise<Redis> {
  const redis = await startRedis({ dir, password, say });
  say(`Redis runs on port ${redis.port}, append-only`);
  return redis;
}

async function startOwnPostgres(
  dir: string,
  password: string,
  say: (line: string) => void,
): Promise<Postgres> {
  const postgres = await startPostgres({ dir, password });
  say(`Postgres runs on port ${postgres.primary.port}, its streaming standby on ${postgres.standby?.port}`);
  return postgres;
}

/** Both, or neither: what did start is stopped when the other fails. */
async function settleBoth(
  redis: Promise<Redis | void>,
  postgres: Promise<Postgres> | undefined,
): Promise<[Redis | void, Postgres | undefined]> {
  const [one, other] = await Promise.allSettled([redis, postgres]);
  if (one.status === 'fulfilled' && other.status === 'fulfilled') return [one.value, other.value];
  if (one.status === 'fulfilled') await one.value?.stop();
  if (other.status === 'fulfilled') await other.value?.stop();
  throw one.status === 'rejected' ? one.reason : (other as PromiseRejectedResult).reason;
}

/** Throws where `--fresh` cannot keep its promise. */
export function refuseFreshOnForeignServers(env: NodeJS.ProcessEnv): void {
  const foreign = ['DATABASE_URL', 'REDIS_URL'].filter((name) => env[name]);
  if (foreign.length === 0) return;
  throw new StackError(
    `--fresh empties only servers that Backend2 starts itself, and ${foreign.join(' and ')} names another: ` +
      'empty that one yourself, or unset the variable.',
  );
}
