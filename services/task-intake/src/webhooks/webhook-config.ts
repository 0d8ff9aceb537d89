import type { ConfigSchema } from '@backend2/service-kit';

export interface WebhookConfig {
  readonly timeoutMs: number;
  readonly maxAttempts: number;
  readonly retryBaseMs: number;
  readonly disableAfterMs: number;
  readonly rotationGraceMs: number;
  readonly retentionMs: number;
  readonly mostWaiting: number;
  readonly privateHosts: string[];
}

const day = 86_400_000;

export const webhookConfig: ConfigSchema<WebhookConfig> = {
  timeoutMs: {
    doc: 'How long a webhook may take to answer',
    format: 'milliseconds',
    min: 1000,
    max: 60_000,
    default: 15_000,
    env: 'WEBHOOK_TIMEOUT',
  },
  maxAttempts: {
    doc: 'Attempts to deliver an event to a webhook',
    format: 'whole',
    min: 1,
    max: 25,
    default: 12,
    env: 'WEBHOOK_MAX_ATTEMPTS',
  },
  retryBaseMs: {
    doc: 'Pause before the first retry of a delivery; each further one is about three times as long, up to 12 hours',
    format: 'milliseconds',
    min: 10,
    max: 3_600_000,
    default: 10_000,
    env: 'WEBHOOK_RETRY_BASE',
  },
  disableAfterMs: {
    doc: 'How long a webhook may take nothing before it is disabled',
    format: 'milliseconds',
    min: 1000,
    default: 3 * day,
    env: 'WEBHOOK_DISABLE_AFTER',
  },
  rotationGraceMs: {
    doc: "How long a webhook's former secret signs as well after a rotation",
    format: 'milliseconds',
    min: 0,
    max: 30 * day,
    default: day,
    env: 'WEBHOOK_ROTATION_GRACE',
  },
  retentionMs: {
    doc: 'How long deliveries are kept after they ended; the latest 1000 of a webhook at the most',
    format: 'milliseconds',
    min: 3_600_000,
    default: 7 * day,
    env: 'WEBHOOK_RETENTION',
  },
  mostWaiting: {
    doc: 'Deliveries that may wait for one webhook; beyond it the oldest are given up',
    format: 'whole',
    min: 1,
    default: 100_000,
    env: 'WEBHOOK_MAX_WAITING',
  },
  privateHosts: {
    doc: 'host or host:port of a private network that webhooks may name, comma separated',
    format: 'list',
    default: [],
    env: 'WEBHOOK_PRIVATE_HOSTS',
  },
};
