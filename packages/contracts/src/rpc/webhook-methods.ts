import { z } from 'zod';
import { pageSchema } from '../page.ts';
import { principalSchema } from '../principal.ts';
import {
  webhookCreationSchema,
  webhookDeliveryQuerySchema,
  webhookDeliverySchema,
  webhookPatchSchema,
  webhookViewSchema,
  webhookWithSecretSchema,
} from '../webhook.ts';

const byPrincipal = z.object({ principal: principalSchema });
const ofWebhook = byPrincipal.extend({ webhookId: z.uuid() });

/** Answered by task-intake, beside the methods of tasks. */
export const webhookMethods = {
  'webhooks.list': { request: byPrincipal, response: z.object({ items: z.array(webhookViewSchema) }) },
  'webhooks.create': {
    request: byPrincipal.extend({ webhook: webhookCreationSchema }),
    response: webhookWithSecretSchema,
  },
  'webhooks.get': { request: ofWebhook, response: webhookViewSchema },
  'webhooks.update': {
    request: ofWebhook.extend({ patch: webhookPatchSchema }),
    response: webhookViewSchema,
  },
  'webhooks.delete': { request: ofWebhook, response: z.object({}) },
  'webhooks.rotateSecret': { request: ofWebhook, response: webhookWithSecretSchema },
  'webhooks.test': { request: ofWebhook, response: webhookDeliverySchema },
  'webhooks.deliveries': {
    request: ofWebhook.extend({ query: webhookDeliveryQuerySchema }),
    response: pageSchema(webhookDeliverySchema),
  },
  'webhooks.redeliver': {
    request: ofWebhook.extend({ deliveryId: z.uuid() }),
    response: webhookDeliverySchema,
  },
} as const;
