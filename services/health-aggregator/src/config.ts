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
}

export const healthAggregatorConfig: ConfigSchema<HealthAggregatorConfig> = {
  log: logConfig,
  redis: redisConfig,
  database: databaseConfig,
  ops: opsConfig,
  sentry: sentryConfig,
};
