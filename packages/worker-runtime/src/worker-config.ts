import type { Lane } from '@backend2/contracts';
import {
  logConfig,
  opsConfig,
  redisConfig,
  sentryConfig,
  type ConfigSchema,
  type LogConfig,
  type OpsConfig,
  type RedisConfig,
  type SentryConfig,
} from '@backend2/service-kit';

export interface WorkerConfig {
  readonly log: LogConfig;
  readonly redis: RedisConfig;
  readonly ops: OpsConfig;
  readonly sentry: SentryConfig;
  readonly queue: string;
  readonly processes: number;
  readonly threads: number;
  readonly leaseMs: number;
  readonly artifactsDir: string;
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
    artifactsDir: {
      doc: 'Where files are kept',
      format: 'text',
      default: '.data/artifacts',
      env: 'ARTIFACTS_DIR',
    },
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
