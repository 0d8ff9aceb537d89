import { deliverersGroup, webhookDeliveries, type WebhookJob } from '@backend2/contracts';
import { metricNames, type Log, type Metrics } from '@backend2/service-kit';
import type { Consumer, HandlerContext, Message, Outcome, Streams } from '@backend2/streams';
import type { SentWebhook, WebhookSender } from '../adapters/http-webhook-sender.ts';
import type {
  ClaimedDelivery,
  FailedAttempt,
  WebhookDeliveryStore,
} from '../adapters/postgres-webhook-deliveries.ts';
import type { SealedSecrets } from '../domain/sealed-secrets.ts';
import { holdMs, retryDelayMs } from '../domain/webhook-backoff.ts';
import { webhookSignature } from '../domain/webhook-signature.ts';

interface WebhookDeliveryRules {
  readonly timeoutMs: number;
  readonly maxAttempts: number;
  /** Of the first retry. */
  readonly retryBaseMs: number;
  /** How long an endpoint may take nothing before it is disabled. */
  readonly disableAfterMs: number;
}

export interface WebhookDelivererOptions {
  readonly streams: Streams;
  readonly store: WebhookDeliveryStore;
  readonly secrets: SealedSecrets;
  readonly sender: WebhookSender;
  readonly rules: WebhookDeliveryRules;
  readonly metrics: Metrics;
  readonly log: Log;
  readonly onEnded: (state: 'succeeded' | 'failed') => void;
  /** A webhook has room for another. */
  readonly onSettled: () => void;
  readonly onDataLost: () => void;
}

const slots = 128;
/** Beyond the attempt's own limit: what books and signatures take. */
const bookkeepingMs = 5000;
const attemptSeconds = [0.01, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 15, 30, 60];

/** Sends what falls due and writes down what came of it. The delivery's row decides; a message only says that it is time. */
export const webhookDeliverer = (options: WebhookDelivererOptions): Consumer => {
  const { streams, store, secrets, sender, rules, metrics, log } = options;
  const seconds = metrics.histogram(
    metricNames.webhookAttempt,
    'Seconds of an attempt to deliver to a webhook',
    ['outcome'],
    attemptSeconds,
  );
  const disabled = metrics.counter(metricNames.webhooksDisabled, 'Webhooks disabled by themselves', [
    'reason',
  ]);

  const attempt = async (delivery: ClaimedDelivery, signal: AbortSignal): Promise<SentWebhook> => {
    const { id, webhook_id: webhookId, url, body, secret, previous_secret: previous } = delivery;
    const present = secrets.open(secret, webhookId);
    if (present === undefined) {
      log.error({ webhookId }, 'the secret of a webhook was sealed with a key that is no longer known');
      const error = 'The secret cannot be read any more: rotate it.';
      return { outcome: 'unreachable', responseStatus: null, durationMs: 0, error };
    }
    const former = previous === null ? undefined : secrets.open(previous, webhookId);
    const timestamp = Math.floor(Date.now() / 1000);
    const signature = webhookSignature(former === undefined ? [present] : [present, former], {
      id,
      timestamp,
      body,
    });
    return sender.send({ url, id, timestamp, signature, body }, signal);
  };

  const disabling = (
    { failing_since: since }: ClaimedDelivery,
    sent: SentWebhook,
  ): FailedAttempt['disable'] => {
    if (sent.responseStatus === 410)
      return { reason: 'gone', detail: 'The endpoint answered 410: it is gone.' };
    if (since === null || Date.now() - since.getTime() < rules.disableAfterMs) return undefined;
    return {
      reason: 'failing',
      detail: `The endpoint took nothing since ${since.toISOString()}. Last: ${sent.error ?? ''}`,
    };
  };

  /** Answers when to try again; undefined where it is over. */
  const noteFailure = async (delivery: ClaimedDelivery, sent: SentWebhook): Promise<number | undefined> => {
    const { responseStatus, durationMs, error, retryAfterMs: asked = 0 } = sent;
    const isTest = delivery.max_attempts !== null;
    const disable = isTest ? undefined : disabling(delivery, sent);
    const attempts = delivery.attempts + 1;
    const over = disable !== undefined || attempts >= (delivery.max_attempts ?? rules.maxAttempts);
    const againMs = over ? undefined : Math.max(asked, retryDelayMs(rules.retryBaseMs, attempts));
    const hold = Math.max(asked, holdMs(rules.retryBaseMs, delivery.failures + 1));
    await store.failed(delivery, {
      responseStatus,
      durationMs,
      error,
      againMs,
      holdMs: hold,
      ...(disable && { disable }),
    });
    const { id: deliveryId, webhook_id: webhookId, task_id: taskId } = delivery;
    log.info(
      { deliveryId, webhookId, taskId, attempts, responseStatus, error, againMs },
      'webhook not delivered',
    );
    if (disable) {
      disabled.inc({ reason: disable.reason });
      log.warn({ webhookId, reason: disable.reason }, 'webhook disabled');
    }
    if (over) options.onEnded('failed');
    return againMs;
  };

  const deliver = async (
    { payload }: Message<WebhookJob>,
    { signal }: HandlerContext,
  ): Promise<Outcome | void> => {
    const claim = await store.claim(payload.deliveryId, rules.timeoutMs + bookkeepingMs);
    if (claim.kind === 'nothing') return;
    if (claim.kind === 'later')
      return { kind: 'retry', error: new Error('not due yet'), afterMs: claim.afterMs };
    const { delivery } = claim;
    const sent = await attempt(delivery, signal);
    seconds.observe({ outcome: sent.outcome }, sent.durationMs / 1000);
    if (sent.outcome === 'delivered') {
      await store.succeeded(delivery, sent);
      options.onEnded('succeeded');
      options.onSettled();
      return;
    }
    const againMs = await noteFailure(delivery, sent);
    options.onSettled();
    if (againMs === undefined) return;
    return { kind: 'retry', error: new Error(sent.error ?? sent.outcome), afterMs: againMs };
  };

  return streams.consumer(webhookDeliveries, {
    group: deliverersGroup,
    concurrency: slots,
    leaseMs: rules.timeoutMs,
    timeoutMs: rules.timeoutMs + 2 * bookkeepingMs,
    handler: deliver,
    onDataLost: options.onDataLost,
  });
};
