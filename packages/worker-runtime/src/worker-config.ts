import type { Lane } from '@backend2/contracts';
import {
  artifactsConfig,
  logConfig,
  opsConfig,
  redisConfig,
  sentryConfig,
  tracingConfig,
  type ArtifactsConfig,
  type ConfigSchema,
  type LogConfig,
  type OpsConfig,
  type RedisConfig,
  type SentryConfig,
  type TracingConfig,
} from '@backend2/service-kit';

export interface WorkerConfig {
  readonly log: LogConfig;
  readonly redis: RedisConfig;
  readonly ops: OpsConfig;
  readonly sentry: SentryConfig;
  readonly tracing: TracingConfig;
  readonly queue: string;
  readonly processes: number;
  readonly threads: number;
  readonly leaseMs: number;
  readonly maxDeliveries: number;
  readonly hungMs: number;
  /** Modules of one's own kinds. */
  readonly handlers: string[];
  /** Hosts that `http.request` may reach although they lie in a private network. */
  readonly privateHosts: string[];
  readonly artifacts: ArtifactsConfig;
  readonly engine: { readonly kind: 'builtin'; readonly threads: number };
}

const laneDefaults: Readonly<Record<Lane, { processes: number; threads: number }>> = {
  standard: { processes: 4, threads: 8 },
  lumina: { processes: 2, threads: 4 },
};

/** `WORKER_*` hold in a worker's own container; `STANDARD_WORKER_*` and `LUMINA_WORKER_*` where lanes share an environment. */
export const workerConfig = (lane: Lane): ConfigSchema<WorkerConfig> => {
  const upper = lane.toUpperCase();
  return {
    log: logConfig,
    redis: redisConfig,
    ops: opsConfig,
    sentry: sentryConfig,
    tracing: tracingConfig,
    queue: {
      doc: 'The stream worked on',
      format: [`${lane}_tasks`],
      default: `${lane}_tasks`,
      env: 'WORKER_QUEUE',
    },
    processes: {
      doc: 'Worker processes',
      format: 'whole',
      min: 1,
      max: 256,
      default: laneDefaults[lane].processes,
      env: 'WORKER_PROCESSES',
      aliases: [`${upper}_WORKER_PROCESSES`],
    },
    threads: {
      doc: 'Subtasks run at once by each process',
      format: 'whole',
      min: 1,
      max: 1024,
      default: laneDefaults[lane].threads,
      env: 'WORKER_THREADS',
      aliases: [`${upper}_WORKER_THREADS`],
    },
    leaseMs: {
      doc: 'How long a lost worker keeps its subtasks from others',
      format: 'milliseconds',
      min: 1000,
      default: 30_000,
      env: 'WORKER_LEASE',
    },
    hungMs: {
      doc: 'How long a worker process may answer nothing before it is killed and replaced',
      format: 'milliseconds',
      min: 1000,
      default: 30_000,
      env: 'WORKER_HUNG',
    },
    maxDeliveries: {
      doc: 'Workers that may be lost while running one subtask before it is given up',
      format: 'whole',
      min: 1,
      max: 100,
      default: 3,
      env: 'WORKER_MAX_DELIVERIES',
    },
    handlers: {
      doc: "Modules of one's own kinds, comma separated",
      format: 'list',
      default: [],
      env: 'WORKER_HANDLERS',
    },
    privateHosts: {
      doc: 'host or host:port of a private network that http.request may reach, comma separated',
      format: 'list',
      default: [],
      env: 'HTTP_PRIVATE_HOSTS',
    },
    artifacts: artifactsConfig,
    engine: {
      kind: { doc: 'Image engine', format: ['builtin'], default: 'builtin', env: `${upper}_ENGINE` },
      threads: {
        doc: "The built-in engine's threads in each process",
        format: 'whole',
        min: 1,
        max: 64,
        default: 1,
        env: `${upper}_ENGINE_THREADS`,
      },
    },
  };
};
