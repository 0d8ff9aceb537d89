import { createCipheriv, createDecipheriv, createHash, hkdfSync, randomBytes } from 'node:crypto';

export interface SealedSecrets {
  seal(secret: string, webhookId: string): string;
  /** Undefined where it was sealed for another webhook, or with a key that is no longer known. */
  open(sealed: string, webhookId: string): string | undefined;
  /** Whether it is sealed with the newest key. */
  isCurrent(sealed: string): boolean;
}

const keyOf = (secretKey: string) => {
  const key = Buffer.from(hkdfSync('sha256', secretKey, '', 'backend2 webhook secrets', 32));
  return { key, id: createHash('sha256').update(key).digest('hex').slice(0, 8) };
};

/**
 * Webhook secrets as they are stored: a signature needs the secret itself, so a hash would not do. AES-256-GCM bound to
 * the webhook's id, as `<key id>.<nonce>.<tag>.<ciphertext>`.
 *
 * @param secretKeys the newest first; the others only open.
 */
export const sealedSecrets = (secretKeys: readonly string[]): SealedSecrets => {
  const keys = secretKeys.map(keyOf);
  const [newest] = keys;
  if (newest === undefined) throw new Error('Webhook secrets cannot be sealed without a key.');
  return {
    seal: (secret, webhookId) => {
      const nonce = randomBytes(12);
      const cipher = createCipheriv('aes-256-gcm', newest.key, nonce).setAAD(Buffer.from(webhookId));
      const text = Buffer.concat([cipher.update(secret, 'utf8'), cipher.final()]);
      const parts = [nonce, cipher.getAuthTag(), text].map((part) => part.toString('base64url'));
      return [newest.id, ...parts].join('.');
    },
    open: (sealed, webhookId) => {
      const [id, ...parts] = sealed.split('.');
      const [nonce, tag, text] = parts.map((part) => Buffer.from(part, 'base64url'));
      const known = keys.find((key) => key.id === id);
      if (known === undefined || nonce === undefined || tag === undefined || text === undefined)
        return undefined;
      try {
        const decipher = createDecipheriv('aes-256-gcm', known.key, nonce, { authTagLength: 16 })
          .setAAD(Buffer.from(webhookId))
          .setAuthTag(tag);
        return Buffer.concat([decipher.update(text), decipher.final()]).toString('utf8');
      } catch {
        return undefined;
      }
    },
    isCurrent: (sealed) => sealed.startsWith(`${newest.id}.`),
  };
};
