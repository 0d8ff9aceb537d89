import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { migrate } from '@backend2/database';
import { runProcess, usePostgres, useRedis, type RunningProcess, type TestScope } from '@backend2/testkit';
import { checkResponses } from './checked-responses.ts';

export interface RealSystem {
  readonly url: string;
  readonly admin: { readonly email: string; readonly password: string };
  readonly redisUrl: string;
  readonly databaseUrl: string;
  /** Where another gateway on the same servers is, once it is ready. @param env environment beside the system's. */
  startGateway(env?: Readonly<Record<string, string>>): Promise<{ url: string; process: RunningProcess }>;
  /** One more process of a service. */
  startService(name: ServiceName, env?: Readonly<Record<string, string>>): Promise<StartedService>;
  /** Those started with the system. */
  readonly services: ReadonlyMap<ServiceName, StartedService>;
}

interface StartedService {
  readonly process: RunningProcess;
  readonly ports: Readonly<Record<string, number>>;
}

type ServiceName = 'auth' | 'task-intake' | 'standard-worker' | 'lumina-worker' | 'health-aggregator';

export interface RealSystemOptions {
  /** Default a database of this test's own on the servers that all tests share. */
  readonly postgres?: { readonly primaryUrl: string; readonly standbyUrl: string };
  /** Besides the gateway. */
  readonly services: readonly ServiceName[];
}

const repository = new URL('../../../', import.meta.url);
const fileOf = (path: string): string => fileURLToPath(new URL(path, repository));

/** The gateway and the services behind it as processes, on a Redis and a Postgres database of this test's own. @param settings environment beside the usual. */
export const startRealSystem = async (
  t: TestScope,
  settings: Readonly<Record<string, string>>,
  options: RealSystemOptions,
): Promise<RealSystem> => {
  const redis = await useRedis(t);
  const postgres = options.postgres ?? (await ownDatabase(t));
  const folder = await mkdtemp(join(tmpdir(), 'gateway-whole-'));
  t.teardown(() => rm(folder, { recursive: true, force: true }));
  const env = {
    REDIS_URL: redis.url,
    DATABASE_URL: postgres.primaryUrl,
    DATABASE_REPLICA_URLS: postgres.standbyUrl,
    SECRET_KEY: 'a secret of this test alone, and long enough',
    ARTIFACTS_DIR: join(folder, 'artifacts'),
    DASHBOARD_DIR: join(folder, 'none'),
    PORT: '0',
    OPS_PORT: '0',
    WORKER_PROCESSES: '1',
    WORKER_THREADS: '2',
    ...settings,
  };
  const start = (path: string, args: string[] = [], more: Readonly<Record<string, string>> = {}) =>
    runProcess(t, fileOf(path), { env: { ...env, ...more }, args });
  const isReady = (message: unknown): boolean => (message as { type?: unknown }).type === 'ready';
  const ready = (process: RunningProcess) =>
    process.message<{ ports: Record<string, number> }>(isReady, 60_000);

  const creation = start('services/auth/src/create-admin.ts', ['--if-none', '--email', 'root@example.org']);
  await creation.exited;
  const admin = JSON.parse(creation.output) as RealSystem['admin'];
  const startGateway = async (more = {}) => {
    const process = start('services/gateway/src/main.ts', [], more);
    const { ports } = await ready(process);
    const url = `http://127.0.0.1:${ports['http']}`;
    checkResponses(t, url);
    return { url, process };
  };
  const startService = async (name: ServiceName, more = {}): Promise<StartedService> => {
    const process = start(`services/${name}/src/main.ts`, [], more);
    const { ports } = await ready(process);
    return { process, ports };
  };
  const [first, ...others] = await Promise.all([
    startGateway(),
    ...options.services.map(async (name) => [name, await startService(name)] as const),
  ]);
  return {
    url: first.url,
    admin,
    redisUrl: redis.url,
    databaseUrl: postgres.primaryUrl,
    startGateway,
    startService,
    services: new Map(others),
  };
};

const ownDatabase = (t: TestScope) =>
  usePostgres(t, { template: 'migrated', prepare: async (url) => void (await migrate(url)) });
