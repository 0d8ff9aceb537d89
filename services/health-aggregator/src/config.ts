import {
  databaseConfig,
  logConfig,
  opsConfig,
  redisConfig,
  sentryConfig,
  type ConfigSchema,
  type DatabaseConfig,
  type LogConfig,
  type OpsConfig,
  type RedisConfig,
  type SentryConfig,
} from '@backend2/service-kit';

export interface HealthAggregatorConfig {
  readonly log: LogConfig;
  readonly redis: RedisConfig;
  readonly database: DatabaseConfig;
  readonly ops: OpsConfig;
  readonly sentry: SentryConfig;
  readonly staleMs: number;
  readonly probeEveryMs: number;
}

export const healthAggregatorConfig: ConfigSchema<HealthAggregatorConfig> = {
  log: logConfig,
  redis: redisConfig,
  database: databaseConfig,
  ops: opsConfig,
  sentry: sentryConfig,
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
