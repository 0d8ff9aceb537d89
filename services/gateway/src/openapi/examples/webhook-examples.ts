import type { WebhookDelivery, WebhookPayload, WebhookView, WebhookWithSecret } from '@backend2/contracts';
import { ids } from './example-ids.ts';
import { finishedTask } from './task-examples.ts';

export const webhook: WebhookView = {
  id: ids.webhook,
  url: 'https://hooks.example.org/backend2',
  events: ['task.finished'],
  description: 'Tells the render farm.',
  tags: ['nightly'],
  enabled: true,
  disabled: null,
  failingSince: null,
  previousSecretUntil: null,
  createdAt: '2026-11-20T09:10:00.000Z',
  updatedAt: '2026-11-20T09:10:00.000Z',
};

export const disabledWebhook: WebhookView = {
  ...webhook,
  enabled: false,
  disabled: {
    at: '2026-11-24T07:00:00.000Z',
    reason: 'owner',
    detail: 'Its owner disabled it.',
  },
  updatedAt: '2026-11-24T07:00:00.000Z',
};

export const webhookWithSecret: WebhookWithSecret = { ...webhook, secret: 'whsec_<base64 of 32 bytes>' };
export const rotatedWebhook: WebhookWithSecret = {
  ...webhookWithSecret,
  previousSecretUntil: '2026-11-25T07:00:00.000Z',
  updatedAt: '2026-11-24T07:00:00.000Z',
};

export const delivery: WebhookDelivery = {
  id: ids.delivery,
  type: 'task.partially_failed',
  taskId: ids.task,
  state: 'succeeded',
  attempts: 1,
  createdAt: '2026-11-24T06:30:41.000Z',
  lastAttemptAt: '2026-11-24T06:30:41.050Z',
  nextAttemptAt: null,
  responseStatus: 204,
  durationMs: 83,
  error: null,
};

const unsent = {
  state: 'pending',
  attempts: 0,
  lastAttemptAt: null,
  responseStatus: null,
  durationMs: null,
} as const;

export const testDelivery: WebhookDelivery = {
  ...delivery,
  ...unsent,
  type: 'webhook.test',
  taskId: null,
  nextAttemptAt: '2026-11-24T07:00:00.000Z',
  createdAt: '2026-11-24T07:00:00.000Z',
};

export const redelivery: WebhookDelivery = {
  ...delivery,
  ...unsent,
  nextAttemptAt: '2026-11-24T07:00:00.000Z',
};

const { name, kind, lane, tags, total, counts, createdAt, startedAt, finishedAt } = finishedTask;

export const webhookPayload: WebhookPayload = {
  type: 'task.partially_failed',
  timestamp: '2026-11-24T06:30:41.000Z',
  data: { taskId: ids.task, name, kind, lane, tags, total, counts, createdAt, startedAt, finishedAt },
};
