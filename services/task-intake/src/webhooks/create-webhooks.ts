import type { RpcHandlerGroup, TaskIntakeRpc } from '@backend2/contracts';
import { metricNames, type Log, type Metrics } from '@backend2/service-kit';
import type { Consumer, Lifecycle, Streams } from '@backend2/streams';
import type { Sequelize } from 'sequelize';
import { httpWebhookSender } from '../adapters/http-webhook-sender.ts';
import { postgresWebhookDeliveries } from '../adapters/postgres-webhook-deliveries.ts';
import { postgresWebhookStore } from '../adapters/postgres-webhook-store.ts';
import type { TaskIntakeConfig } from '../config.ts';
import { sealedSecrets } from '../domain/sealed-secrets.ts';
import { resealSecrets } from './reseal-secrets.ts';
import { webhookDeliverer } from './webhook-deliverer.ts';
import { webhookHandlers } from './webhook-handlers.ts';
import { webhookRelay, type WebhookRelay } from './webhook-relay.ts';

export interface Webhooks {
  readonly relay: WebhookRelay;
  readonly deliverer: Consumer;
  /** To be started before the others. */
  readonly reseal: Lifecycle;
  readonly handlers: RpcHandlerGroup<TaskIntakeRpc, 'webhooks'>;
}

export interface WebhooksOptions {
  readonly config: Pick<TaskIntakeConfig, 'security' | 'webhooks'>;
  readonly primary: Sequelize;
  readonly streams: Streams;
  readonly metrics: Metrics;
  readonly log: Log;
}

/** Outbox, deliveries and administration of webhooks, put together. */
export const createWebhooks = (options: WebhooksOptions): Webhooks => {
  const { config, primary, streams, metrics, log } = options;
  const { security, webhooks: rules } = config;
  const { privateHosts, timeoutMs, rotationGraceMs, retentionMs, mostWaiting } = rules;
  const secrets = sealedSecrets([security.secretKey, ...security.previousSecretKeys]);
  const webhooks = postgresWebhookStore(primary);
  const deliveries = postgresWebhookDeliveries(primary);
  const ended = metrics.counter(metricNames.webhookDeliveries, 'Deliveries to webhooks that ended', [
    'state',
  ]);
  const relay = webhookRelay({
    streams,
    store: deliveries,
    log,
    retentionMs,
    mostWaiting,
    onGivenUp: (count) => ended.inc({ state: 'given_up' }, count),
  });
  const deliverer = webhookDeliverer({
    streams,
    store: deliveries,
    secrets,
    sender: httpWebhookSender({ timeoutMs, privateHosts }),
    rules,
    metrics,
    log,
    onEnded: (state) => ended.inc({ state }),
    onSettled: relay.wake,
    onDataLost: relay.onDataLost,
  });
  const handlers = webhookHandlers({
    webhooks,
    deliveries,
    secrets,
    privateHosts,
    rotationGraceMs,
    wakeRelay: relay.wake,
    log,
  });
  return { relay, deliverer, reseal: resealSecrets(webhooks, secrets, log), handlers };
};
