import {
  DomainError,
  notFound,
  validationFailed,
  webhookTestType,
  type RpcHandlerGroup,
  type TaskIntakeRpc,
  type WebhookDelivery,
  type WebhookPayload,
  type WebhookView,
} from '@backend2/contracts';
import { assertReachable, PrivateAddressError, type Log } from '@backend2/service-kit';
import { v7 as uuidv7 } from 'uuid';
import type { DeliveryRow, WebhookDeliveryStore } from '../adapters/postgres-webhook-deliveries.ts';
import type { WebhookRow, WebhookStore } from '../adapters/postgres-webhook-store.ts';
import type { SealedSecrets } from '../domain/sealed-secrets.ts';
import { drawWebhookSecret } from '../domain/webhook-signature.ts';

export interface WebhookHandlerDependencies {
  readonly webhooks: WebhookStore;
  readonly deliveries: WebhookDeliveryStore;
  readonly secrets: SealedSecrets;
  readonly privateHosts: readonly string[];
  /** How long the former secret signs as well. */
  readonly rotationGraceMs: number;
  readonly wakeRelay: () => void;
  readonly log: Log;
}

const mostWebhooks = 20;
const iso = (date: Date | null): string | null => date?.toISOString() ?? null;

const viewOf = (row: WebhookRow): WebhookView => {
  const { previous_secret_until: until, disabled_at: at, disabled_reason: reason } = row;
  return {
    id: row.id,
    url: row.url,
    events: row.events,
    description: row.description,
    tags: row.tags,
    enabled: row.enabled,
    disabled:
      at === null || reason === null
        ? null
        : { at: at.toISOString(), reason, detail: row.disabled_detail ?? '' },
    failingSince: iso(row.failing_since),
    previousSecretUntil: until !== null && until > new Date() ? until.toISOString() : null,
    createdAt: row.created_at.toISOString(),
    updatedAt: row.updated_at.toISOString(),
  };
};

const deliveryViewOf = (row: DeliveryRow): WebhookDelivery => {
  const ended = row.state === 'succeeded' || row.state === 'failed';
  return {
    id: row.id,
    type: row.type,
    taskId: row.task_id,
    state: row.state === 'waiting' || row.state === 'queued' ? 'pending' : row.state,
    attempts: row.attempts,
    createdAt: row.created_at.toISOString(),
    lastAttemptAt: iso(row.last_attempt_at),
    nextAttemptAt: ended ? null : row.due_at.toISOString(),
    responseStatus: row.response_status,
    durationMs: row.duration_ms,
    error: row.error,
  };
};

const found = <T>(row: T | undefined, what = 'webhook'): T => {
  if (row === undefined) throw notFound(what);
  return row;
};

/** Webhooks are their owner's alone: not even an admin sees another's. */
export const webhookHandlers = (
  dependencies: WebhookHandlerDependencies,
): RpcHandlerGroup<TaskIntakeRpc, 'webhooks'> => {
  const { webhooks, deliveries, secrets, privateHosts, rotationGraceMs, wakeRelay, log } = dependencies;

  const checkUrl = (url: string | undefined): void => {
    if (url === undefined) return;
    try {
      assertReachable(new URL(url), privateHosts);
    } catch (error) {
      if (!(error instanceof PrivateAddressError)) throw error;
      throw validationFailed([{ path: '/url', message: error.message }]);
    }
  };

  return {
    'webhooks.list': async ({ principal }) => ({
      items: (await webhooks.list(principal.userId)).map(viewOf),
    }),
    'webhooks.create': async ({ principal, webhook }) => {
      checkUrl(webhook.url);
      const id = uuidv7();
      const secret = drawWebhookSecret();
      const row = await webhooks.create(
        { ...webhook, id, ownerId: principal.userId, secret: secrets.seal(secret, id) },
        mostWebhooks,
      );
      if (row === undefined)
        throw new DomainError(
          'conflict',
          'too_many_webhooks',
          `A user has at most ${mostWebhooks} webhooks. Delete one first.`,
        );
      log.info({ webhookId: id, userId: principal.userId }, 'webhook created');
      return { ...viewOf(row), secret };
    },
    'webhooks.get': async ({ principal, webhookId }) =>
      viewOf(found(await webhooks.find(webhookId, principal.userId))),
    'webhooks.update': async ({ principal, webhookId, patch }) => {
      checkUrl(patch.url);
      const row = found(await webhooks.update(webhookId, principal.userId, patch));
      wakeRelay();
      return viewOf(row);
    },
    'webhooks.delete': async ({ principal, webhookId }) => {
      if (!(await webhooks.remove(webhookId, principal.userId))) throw notFound('webhook');
      log.info({ webhookId, userId: principal.userId }, 'webhook deleted');
      return {};
    },
    'webhooks.rotateSecret': async ({ principal, webhookId }) => {
      const secret = drawWebhookSecret();
      const sealed = secrets.seal(secret, webhookId);
      const row = found(await webhooks.rotate(webhookId, principal.userId, sealed, rotationGraceMs));
      log.info({ webhookId, userId: principal.userId }, 'webhook secret rotated');
      return { ...viewOf(row), secret };
    },
    'webhooks.test': async ({ principal, webhookId }) => {
      found(await webhooks.find(webhookId, principal.userId));
      const payload: WebhookPayload = {
        type: webhookTestType,
        timestamp: new Date().toISOString(),
        data: { webhookId },
      };
      const row = await deliveries.createTest(webhookId, JSON.stringify(payload));
      wakeRelay();
      return deliveryViewOf(row);
    },
    'webhooks.deliveries': async ({ principal, webhookId, query }) => {
      found(await webhooks.find(webhookId, principal.userId));
      const page = await deliveries.list(webhookId, query);
      return { ...page, items: page.items.map(deliveryViewOf) };
    },
    'webhooks.redeliver': async ({ principal, webhookId, deliveryId }) => {
      const webhook = found(await webhooks.find(webhookId, principal.userId));
      if (!webhook.enabled)
        throw new DomainError('conflict', 'webhook_disabled', 'The webhook is disabled. Enable it first.');
      const row = found(await deliveries.redeliver(webhookId, deliveryId), 'delivery');
      if (row === 'pending')
        throw new DomainError('conflict', 'delivery_pending', 'The delivery has not ended yet.');
      wakeRelay();
      return deliveryViewOf(row);
    },
  };
};
