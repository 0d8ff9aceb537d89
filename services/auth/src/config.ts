import {
  databaseConfig,
  logConfig,
  opsConfig,
  redisConfig,
  securityConfig,
  sentryConfig,
  tracingConfig,
  type ConfigSchema,
  type DatabaseConfig,
  type LogConfig,
  type OpsConfig,
  type RedisConfig,
  type SecurityConfig,
  type SentryConfig,
  type TracingConfig,
} from '@backend2/service-kit';

export interface AuthConfig {
  readonly log: LogConfig;
  readonly redis: RedisConfig;
  readonly database: DatabaseConfig;
  readonly ops: OpsConfig;
  readonly sentry: SentryConfig;
  readonly tracing: TracingConfig;
  readonly security: SecurityConfig;
  readonly sessions: { readonly refreshTokenExpireDays: number; readonly sessionExpireDays: number };
  readonly audit: { readonly keepDays: number };
}

export const authConfig: ConfigSchema<AuthConfig> = {
  log: logConfig,
  redis: redisConfig,
  database: databaseConfig,
  ops: opsConfig,
  sentry: sentryConfig,
  tracing: tracingConfig,
  security: securityConfig,
  sessions: {
    refreshTokenExpireDays: {
      doc: 'Days a refresh token may lie unused',
      format: 'whole',
      min: 1,
      max: 3650,
      default: 30,
      env: 'REFRESH_TOKEN_EXPIRE_DAYS',
    },
    sessionExpireDays: {
      doc: 'Days after which a user must sign in again however often the session was refreshed',
      format: 'whole',
      min: 1,
      max: 3650,
      default: 90,
      env: 'SESSION_EXPIRE_DAYS',
    },
  },
  audit: {
    keepDays: {
      doc: 'Days an entry of the audit log is kept; 0: for ever',
      format: 'whole',
      min: 0,
      max: 36_500,
      default: 400,
      env: 'AUDIT_KEEP_DAYS',
    },
  },
};
