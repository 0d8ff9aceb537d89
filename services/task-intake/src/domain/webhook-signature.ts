import { createHmac, randomBytes } from 'node:crypto';

const secretStart = 'whsec_';
/** Standard Webhooks allows 24 to 64. */
const secretBytes = 32;

export const drawWebhookSecret = (): string => `${secretStart}${randomBytes(secretBytes).toString('base64')}`;

/** `webhook-signature` of Standard Webhooks: one signature a secret, so that a receiver may know either. */
export const webhookSignature = (
  secrets: readonly string[],
  { id, timestamp, body }: { readonly id: string; readonly timestamp: number; readonly body: string },
): string =>
  secrets
    .map((secret) => {
      const key = Buffer.from(secret.slice(secretStart.length), 'base64');
      return `v1,${createHmac('sha256', key).update(`${id}.${timestamp}.${body}`).digest('base64')}`;
    })
    .join(' ');
