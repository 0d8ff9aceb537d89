import type { Log } from '@backend2/service-kit';
import type { Lifecycle } from '@backend2/streams';
import type { WebhookStore } from '../adapters/postgres-webhook-store.ts';
import type { SealedSecrets } from '../domain/sealed-secrets.ts';

/** At each start: what a former SECRET_KEY sealed is sealed with the newest, so that the former can be forgotten. */
export const resealSecrets = (webhooks: WebhookStore, secrets: SealedSecrets, log: Log): Lifecycle => ({
  name: 'webhook-secrets',
  start: async () => {
    const count = await webhooks.reseal((sealed, webhookId) => {
      if (secrets.isCurrent(sealed)) return undefined;
      const secret = secrets.open(sealed, webhookId);
      return secret === undefined ? undefined : secrets.seal(secret, webhookId);
    });
    if (count > 0) log.info({ count }, 'webhook secrets sealed with the new key');
  },
  stop: async () => undefined,
});
