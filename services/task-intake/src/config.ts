import {
  databaseConfig,
  logConfig,
  opsConfig,
  redisConfig,
  securityConfig,
  sentryConfig,
  taskBackendConfig,
  tracingConfig,
  type ConfigSchema,
  type DatabaseConfig,
  type LogConfig,
  type OpsConfig,
  type RedisConfig,
  type SecurityConfig,
  type SentryConfig,
  type TaskBackendConfig,
  type TracingConfig,
} from '@backend2/service-kit';
import { webhookConfig, type WebhookConfig } from './webhooks/webhook-config.ts';
import type { QuotaDefaults } from './adapters/postgres-quota-store.ts';

export interface TaskIntakeConfig {
  readonly log: LogConfig;
  readonly redis: RedisConfig;
  readonly database: DatabaseConfig;
  readonly ops: OpsConfig;
  readonly sentry: SentryConfig;
  readonly tracing: TracingConfig;
  readonly backend: TaskBackendConfig;
  readonly apiPrefix: string;
  readonly maxSubtasksPerTask: number;
  /** Of each user who has no limits of their own. */
  readonly quotas: QuotaDefaults;
  readonly security: Pick<SecurityConfig, 'secretKey' | 'previousSecretKeys'>;
  readonly webhooks: WebhookConfig;
  readonly maxDeadLettersPerLane: number;
}

export const taskIntakeConfig: ConfigSchema<TaskIntakeConfig> = {
  log: logConfig,
  redis: redisConfig,
  database: databaseConfig,
  ops: opsConfig,
  sentry: sentryConfig,
  tracing: tracingConfig,
  backend: taskBackendConfig,
  apiPrefix: { doc: 'Prefix of the public API', format: 'text', default: '/api/v1', env: 'API_V1_STR' },
  maxSubtasksPerTask: {
    doc: 'Most subtasks of one task',
    format: 'whole',
    min: 1,
    max: 1_000_000,
    default: 100_000,
    env: 'MAX_SUBTASKS_PER_TASK',
  },
  quotas: {
    unfinishedTasks: {
      doc: 'Most unfinished tasks of one user',
      format: 'whole',
      min: 0,
      max: 1_000_000_000,
      default: 1000,
      env: 'MAX_UNFINISHED_TASKS_PER_USER',
    },
    waitingSubtasks: {
      doc: 'Most subtasks of one user that have not begun',
      format: 'whole',
      min: 0,
      max: 1_000_000_000,
      default: 2_000_000,
      env: 'MAX_WAITING_SUBTASKS_PER_USER',
    },
    schedules: {
      doc: 'Most schedules of one user',
      format: 'whole',
      min: 0,
      max: 1_000_000_000,
      default: 100,
      env: 'MAX_SCHEDULES_PER_USER',
    },
  },
  // Webhook secrets are sealed with keys derived from these; tokens are none of this service's.
  security: { secretKey: securityConfig.secretKey, previousSecretKeys: securityConfig.previousSecretKeys },
  webhooks: webhookConfig,
  maxDeadLettersPerLane: {
    doc: 'Dead letters kept of a lane; the oldest go. Their subtasks stay failed, and can be retried',
    format: 'whole',
    min: 1,
    max: 1_000_000,
    default: 10_000,
    env: 'MAX_DEAD_LETTERS_PER_LANE',
  },
};
