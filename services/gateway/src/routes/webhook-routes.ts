import {
  pageSchema,
  webhookCreationSchema,
  webhookDeliveryQuerySchema,
  webhookDeliverySchema,
  webhookPatchSchema,
  webhookViewSchema,
  webhookWithSecretSchema,
} from '@backend2/contracts';
import { z } from 'zod';
import type { Dependencies } from '../http/dependencies.ts';
import { route, type Route } from '../http/route.ts';

const ofWebhook = z.object({ webhookId: z.uuid() });
const ofDelivery = ofWebhook.extend({ deliveryId: z.uuid() });
const base = { tag: 'webhooks', access: 'user' } as const;

export const webhookRoutes = ({ tasks, config }: Dependencies): Route[] => [
  route({
    ...base,
    method: 'get',
    path: '/webhooks',
    operationId: 'listWebhooks',
    summary: 'List my webhooks, the newest first',
    answer: { status: 200, schema: z.object({ items: z.array(webhookViewSchema) }) },
    handle: ({ principal, signal }) => tasks.call('webhooks.list', { principal }, { signal }),
  }),
  route({
    ...base,
    method: 'post',
    path: '/webhooks',
    operationId: 'createWebhook',
    summary: 'Have a URL told of my tasks',
    description:
      'Deliveries are signed as Standard Webhooks says (`webhook-id`, `webhook-timestamp`, `webhook-signature`). This answer alone has the secret. ' +
      'An endpoint takes a delivery by answering 2xx; 410 disables the webhook, anything else is tried again for about a day and a half.',
    body: webhookCreationSchema,
    answer: { status: 201, schema: webhookWithSecretSchema },
    refusals: { too_many_webhooks: 409 },
    handle: async ({ principal, body, response }) => {
      const webhook = await tasks.call('webhooks.create', { principal, webhook: body });
      response.location(`${config.apiPrefix}/webhooks/${webhook.id}`).set('cache-control', 'no-store');
      return webhook;
    },
  }),
  route({
    ...base,
    method: 'get',
    path: '/webhooks/:webhookId',
    operationId: 'getWebhook',
    summary: 'Read a webhook',
    params: ofWebhook,
    answer: { status: 200, schema: webhookViewSchema },
    handle: ({ principal, params, signal }) =>
      tasks.call('webhooks.get', { principal, ...params }, { signal }),
  }),
  route({
    ...base,
    method: 'patch',
    path: '/webhooks/:webhookId',
    operationId: 'updateWebhook',
    summary: 'Change, disable or enable a webhook',
    description: 'What waits for a webhook when it is disabled is given up; it can be redelivered later.',
    params: ofWebhook,
    body: webhookPatchSchema,
    answer: { status: 200, schema: webhookViewSchema },
    handle: ({ principal, params, body }) =>
      tasks.call('webhooks.update', { principal, ...params, patch: body }),
  }),
  route({
    ...base,
    method: 'delete',
    path: '/webhooks/:webhookId',
    operationId: 'deleteWebhook',
    summary: 'Delete a webhook and its deliveries',
    params: ofWebhook,
    answer: { status: 204 },
    handle: async ({ principal, params }) => {
      await tasks.call('webhooks.delete', { principal, ...params });
    },
  }),
  route({
    ...base,
    method: 'post',
    path: '/webhooks/:webhookId/rotate-secret',
    operationId: 'rotateWebhookSecret',
    summary: 'Draw a new secret',
    description:
      'This answer alone has it. Deliveries are signed with the former one as well until `previousSecretUntil`.',
    params: ofWebhook,
    answer: { status: 200, schema: webhookWithSecretSchema },
    handle: async ({ principal, params, response }) => {
      response.set('cache-control', 'no-store');
      return tasks.call('webhooks.rotateSecret', { principal, ...params });
    },
  }),
  route({
    ...base,
    method: 'post',
    path: '/webhooks/:webhookId/test',
    operationId: 'testWebhook',
    summary: 'Send a test event, once, also to a disabled webhook',
    params: ofWebhook,
    answer: { status: 202, schema: webhookDeliverySchema },
    handle: async ({ principal, params, response }) => {
      const delivery = await tasks.call('webhooks.test', { principal, ...params });
      response.location(`${config.apiPrefix}/webhooks/${params.webhookId}/deliveries`);
      return delivery;
    },
  }),
  route({
    ...base,
    method: 'get',
    path: '/webhooks/:webhookId/deliveries',
    operationId: 'listWebhookDeliveries',
    summary: 'List deliveries, the newest first, with what their last attempt came to',
    params: ofWebhook,
    query: webhookDeliveryQuerySchema,
    answer: { status: 200, schema: pageSchema(webhookDeliverySchema) },
    handle: ({ principal, params, query, signal }) =>
      tasks.call('webhooks.deliveries', { principal, ...params, query }, { signal }),
  }),
  route({
    ...base,
    method: 'post',
    path: '/webhooks/:webhookId/deliveries/:deliveryId/redeliver',
    operationId: 'redeliverWebhook',
    summary: 'Send an ended delivery again, under its id',
    params: ofDelivery,
    answer: { status: 202, schema: webhookDeliverySchema },
    refusals: { webhook_disabled: 409, delivery_pending: 409 },
    handle: async ({ principal, params, response }) => {
      const delivery = await tasks.call('webhooks.redeliver', { principal, ...params });
      response.location(`${config.apiPrefix}/webhooks/${params.webhookId}/deliveries`);
      return delivery;
    },
  }),
];
