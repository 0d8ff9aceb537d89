import {
  databaseConfig,
  logConfig,
  opsConfig,
  redisConfig,
  sentryConfig,
  tracingConfig,
  type ConfigSchema,
  type DatabaseConfig,
  type LogConfig,
  type OpsConfig,
  type RedisConfig,
  type SentryConfig,
  type TracingConfig,
} from '@backend2/service-kit';

export interface TaskIntakeConfig {
  readonly log: LogConfig;
  readonly redis: RedisConfig;
  readonly database: DatabaseConfig;
  readonly ops: OpsConfig;
  readonly sentry: SentryConfig;
  readonly tracing: TracingConfig;
  readonly apiPrefix: string;
  readonly maxSubtasksPerTask: number;
}

export const taskIntakeConfig: ConfigSchema<TaskIntakeConfig> = {
  log: logConfig,
  redis: redisConfig,
  database: databaseConfig,
  ops: opsConfig,
  sentry: sentryConfig,
  tracing: tracingConfig,
  apiPrefix: { doc: 'Prefix of the public API', format: 'text', default: '/api/v1', env: 'API_V1_STR' },
  maxSubtasksPerTask: {
    doc: 'Most subtasks of one task',
    format: 'whole',
    min: 1,
    max: 1_000_000,
    default: 100_000,
    env: 'MAX_SUBTASKS_PER_TASK',
  },
};
