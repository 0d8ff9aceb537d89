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

export interface HealthAggregatorConfig {
  readonly log: LogConfig;
  readonly redis: RedisConfig;
  readonly database: DatabaseConfig;
  readonly ops: OpsConfig;
  readonly sentry: SentryConfig;
  readonly tracing: TracingConfig;
  readonly staleMs: number;
  readonly probeEveryMs: number;
}

export const healthAggregatorConfig: ConfigSchema<HealthAggregatorConfig> = {
  log: logConfig,
  redis: redisConfig,
  database: databaseConfig,
  ops: opsConfig,
  sentry: sentryConfig,
  tracing: tracingConfig,
  staleMs: {
    doc: 'Silence after which a process is taken to be dead',
    format: 'milliseconds',
    min: 4000,
    default: 9000,
    env: 'HEALTH_STALE_AFTER',
  },
  probeEveryMs: {
    doc: 'How often Postgres, Redis and the streams are looked at',
    format: 'milliseconds',
    min: 100,
    default: 2000,
    env: 'HEALTH_PROBE_EVERY',
  },
};
