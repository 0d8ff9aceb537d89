import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { type Client, createClient } from '@backend2/client';
import { runProcess, startOwnPostgres, startOwnRedis, type TestScope } from '@backend2/testkit';
import { Redis } from 'ioredis';
import pg from 'pg';
import { nodeOptions } from '../../start/service-plan.ts';
import { slots } from '../streams/contender.ts';

export interface ServiceStart {
  readonly name: string;
  /** From its process's start until it says that it is ready. */
  readonly readyMs: number;
  /** Resident, of its first process, when ready. */
  readonly megabytes: number;
}

export interface SweepSystem {
  /** Signed in. */
  readonly client: Client;
  readonly starts: readonly ServiceStart[];
  readonly postgres: pg.Client;
  /** Bytes of Redis's data. */
  readonly redisBytes: () => Promise<number>;
}

const serviceNames = [
  'auth',
  'task-intake',
  'standard-worker',
  'lumina-worker',
  'health-aggregator',
  'gateway',
];
const fileOf = (path: string): string => fileURLToPath(new URL(`../../../${path}`, import.meta.url));

/**
 * The services as they are deployed, compiled, as processes on durable servers of their own; the standard lane has one
 * process of as many slots as its peer.
 */
export const startSweepSystem = async (scope: TestScope): Promise<SweepSystem> => {
  execFileSync('pnpm', ['build'], { cwd: fileOf('.'), stdio: ['ignore', 'ignore', 'inherit'] });
  const [servers, redis] = await Promise.all([
    startOwnPostgres(scope, { durable: true }),
    startOwnRedis(scope),
  ]);
  const env: Record<string, string> = {
    DATABASE_URL: servers.primary.url,
    DATABASE_REPLICA_URLS: servers.standby?.url ?? '',
    REDIS_URL: redis.url,
    SECRET_KEY: 'the secret of a bench alone, and long enough',
    WORKER_PROCESSES: '1',
    WORKER_THREADS: String(slots),
    WORKER_HANDLERS: fileOf('scripts/bench/sweep/noop-handler.ts'),
    MAX_UNFINISHED_TASKS_PER_USER: '1000',
    MAX_WAITING_SUBTASKS_PER_USER: '10000000',
    RATE_LIMIT: '0',
    LOG_LEVEL: 'WARNING',
    DASHBOARD_DIR: 'none',
    PORT: '0',
    OPS_PORT: '0',
  };
  const command = async (path: string, args: readonly string[]): Promise<string> => {
    const run = runProcess(scope, fileOf(path), { env, args, ipc: false });
    if ((await run.exited).code !== 0) throw new Error(run.output);
    return run.output;
  };
  await command('packages/database/src/migrate-command.ts', ['up']);
  const login = JSON.parse(await command('services/auth/src/create-admin.ts', ['--if-none'])) as {
    email: string;
    password: string;
  };

  let port = 0;
  const starts: ServiceStart[] = [];
  // One after the other, so that none is slowed by the start of another.
  for (const name of serviceNames) {
    const began = performance.now();
    const process = runProcess(scope, fileOf(`services/${name}/dist/main.js`), {
      env,
      nodeArguments: nodeOptions,
    });
    const { ports } = await process.message<{ ports: Record<string, number> }>(
      (message) => (message as { type?: unknown }).type === 'ready',
      120_000,
    );
    port = ports['http'] ?? port;
    starts.push({ name, readyMs: performance.now() - began, megabytes: residentMegabytes(process.pid) });
  }

  const client = createClient({ baseUrl: `http://127.0.0.1:${port}` });
  await client.auth.signIn(login.email, login.password);
  const postgres = new pg.Client({ connectionString: servers.primary.url });
  await postgres.connect();
  scope.teardown(() => postgres.end());
  const inspector = new Redis(redis.url, { protocol: 2 });
  scope.teardown(() => inspector.disconnect());
  return {
    client,
    starts,
    postgres,
    redisBytes: async () => Number(/used_memory_dataset:(\d+)/.exec(await inspector.info('memory'))?.[1]),
  };
};

const residentMegabytes = (pid: number): number =>
  Number(/VmRSS:\s+(\d+)/.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1]) / 1024;
