import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { services, type ServiceName } from '@backend2/contracts';
import {
  httpSink,
  runProcess,
  usePostgres,
  useRedis,
  type HttpSink,
  type RunningProcess,
  type TestScope,
} from '@backend2/testkit';

const repository = new URL('../../../', import.meta.url);
const fileOf = (path: string): string => fileURLToPath(new URL(path, repository));

export interface TelemetrySystem {
  readonly url: string;
  readonly admin: { readonly email: string; readonly password: string };
  readonly processes: ReadonlyMap<ServiceName, RunningProcess>;
  /** Speaks the bulk protocol of Elasticsearch. */
  readonly elasticsearch: HttpSink;
  /** Takes spans by OTLP. */
  readonly collector: HttpSink;
  readonly logDir: string;
  /** What a service answers on /metrics. */
  metricsOf(service: ServiceName): Promise<string>;
}

const takeAll = ({ body }: { readonly body: string }) => ({
  status: 200,
  body: {
    items: body
      .split('\n')
      .flatMap((line) => (line.startsWith('{"create"') ? [{ create: { status: 201 } }] : [])),
  },
});

/** All six services as processes that log everything, ship it, and send their spans, on servers of this test's own. */
export const startTelemetrySystem = async (
  t: TestScope,
  env: Record<string, string>,
): Promise<TelemetrySystem> => {
  const [redis, postgres, elasticsearch, collector] = [
    await useRedis(t),
    await usePostgres(t),
    await httpSink(t, takeAll),
    await httpSink(t, () => ({ status: 200 })),
  ];
  const folder = await mkdtemp(join(tmpdir(), 'telemetry-'));
  t.teardown(() => rm(folder, { recursive: true, force: true }));
  const environment = {
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
    LOG_LEVEL: 'DEBUG',
    LOG_DIR: join(folder, 'logs'),
    LOG_ELASTICSEARCH_URL: elasticsearch.url,
    OTEL_EXPORTER_OTLP_ENDPOINT: collector.url,
    HEALTH_PROBE_EVERY: '500ms',
    ...env,
  };
  const start = (path: string, args: string[] = []) =>
    runProcess(t, fileOf(path), { env: environment, args });
  await start('packages/database/src/migrate-command.ts', ['up']).exited;
  const creation = start('services/auth/src/create-admin.ts', ['--if-none', '--email', 'root@example.org']);
  await creation.exited;
  const admin = JSON.parse(creation.output) as TelemetrySystem['admin'];

  const isReady = (message: unknown): boolean => (message as { type?: unknown }).type === 'ready';
  const processes = new Map<ServiceName, RunningProcess>();
  const ports = new Map<ServiceName, Record<string, number>>();
  await Promise.all(
    services.map(async (name) => {
      const process = start(`services/${name}/src/main.ts`);
      processes.set(name, process);
      const ready = await process.message<{ ports: Record<string, number> }>(isReady, 120_000);
      ports.set(name, ready.ports);
    }),
  );
  return {
    url: `http://127.0.0.1:${ports.get('gateway')?.['http']}`,
    admin,
    processes,
    elasticsearch,
    collector,
    logDir: environment.LOG_DIR,
    metricsOf: async (service) =>
      (await fetch(`http://127.0.0.1:${ports.get(service)?.['ops']}/metrics`)).text(),
  };
};
