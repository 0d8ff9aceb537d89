import {
  pageSchema,
  webhookDeliverySchema,
  webhookViewSchema,
  webhookWithSecretSchema,
  type Page,
  type WebhookDelivery,
  type WebhookView,
  type WebhookWithSecret,
  type webhookCreationSchema,
  type webhookDeliveryQuerySchema,
  type webhookPatchSchema,
} from '@backend2/contracts';
import { z } from 'zod';
import { everyItem } from './paging.ts';
import type { Transport } from './transport.ts';

export type NewWebhook = z.input<typeof webhookCreationSchema>;
export type WebhookChanges = z.input<typeof webhookPatchSchema>;
export type DeliveryFilter = Omit<Partial<z.output<typeof webhookDeliveryQuerySchema>>, 'cursor'>;

const webhookList = z.object({ items: z.array(webhookViewSchema) });
const deliveryPage = pageSchema(webhookDeliverySchema);

/** One's own webhooks. Who receives what they send checks it with `verifyWebhook`. */
export const webhooksApi = (transport: Transport) => {
  const pathOf = (webhookId: string, rest = ''): string =>
    `/webhooks/${encodeURIComponent(webhookId)}${rest}`;
  const deliveries = (
    webhookId: string,
    query: DeliveryFilter & { cursor?: string } = {},
  ): Promise<Page<WebhookDelivery>> =>
    transport.json({ method: 'GET', path: pathOf(webhookId, '/deliveries'), query }, deliveryPage);
  return {
    list: async (): Promise<WebhookView[]> =>
      (await transport.json({ method: 'GET', path: '/webhooks' }, webhookList)).items,
    /** Keep the secret: no later answer has it. */
    create: (webhook: NewWebhook): Promise<WebhookWithSecret> =>
      transport.json({ method: 'POST', path: '/webhooks', body: webhook }, webhookWithSecretSchema),
    get: (webhookId: string): Promise<WebhookView> =>
      transport.json({ method: 'GET', path: pathOf(webhookId) }, webhookViewSchema),
    update: (webhookId: string, changes: WebhookChanges): Promise<WebhookView> =>
      transport.json(
        { method: 'PATCH', path: pathOf(webhookId), body: changes, repeatable: true },
        webhookViewSchema,
      ),
    delete: (webhookId: string): Promise<void> =>
      transport.empty({ method: 'DELETE', path: pathOf(webhookId) }),
    /** The former secret signs as well until `previousSecretUntil`. */
    rotateSecret: (webhookId: string): Promise<WebhookWithSecret> =>
      transport.json({ method: 'POST', path: pathOf(webhookId, '/rotate-secret') }, webhookWithSecretSchema),
    test: (webhookId: string): Promise<WebhookDelivery> =>
      transport.json({ method: 'POST', path: pathOf(webhookId, '/test') }, webhookDeliverySchema),
    deliveries,
    iterateDeliveries: (webhookId: string, filter: DeliveryFilter = {}): AsyncGenerator<WebhookDelivery> =>
      everyItem((cursor) =>
        deliveries(webhookId, { ...filter, ...(cursor === undefined ? {} : { cursor }) }),
      ),
    redeliver: (webhookId: string, deliveryId: string): Promise<WebhookDelivery> =>
      transport.json(
        {
          method: 'POST',
          path: pathOf(webhookId, `/deliveries/${encodeURIComponent(deliveryId)}/redeliver`),
        },
        webhookDeliverySchema,
      ),
  };
};
export type WebhooksApi = ReturnType<typeof webhooksApi>;
