import { z } from 'zod';
import { lineSchema } from './line.ts';
import { momentSchema } from './moment.ts';
import { roleSchema } from './principal.ts';

/**
 * `read` may look, `write` may change; `admin` beside one of them lets the key do that as its owner may as an admin,
 * else it is a user's however its owner stands.
 */
export const apiKeyScopes = ['read', 'write', 'admin'] as const;
export type ApiKeyScope = (typeof apiKeyScopes)[number];
export const apiKeyScopeSchema = z.enum(apiKeyScopes);

/** What every API key begins with: how it is told from an access token. */
export const apiKeyStart = 'b2k_';

export const apiKeyViewSchema = z.object({
  id: z.uuid(),
  name: z.string(),
  /** The key's first characters, to tell keys apart; not enough to use it. */
  prefix: z.string(),
  scopes: z.array(apiKeyScopeSchema),
  createdAt: z.string(),
  expiresAt: z.string().nullable(),
  /** To within a minute. */
  lastUsedAt: z.string().nullable(),
});
export type ApiKeyView = z.infer<typeof apiKeyViewSchema>;

export const apiKeyCreationSchema = z.strictObject({
  name: lineSchema(200),
  scopes: z
    .array(apiKeyScopeSchema)
    .min(1)
    .max(apiKeyScopes.length)
    .default(['read', 'write'])
    .refine((scopes) => scopes.some((scope) => scope !== 'admin'), 'admin needs read or write beside it')
    .transform((scopes) => apiKeyScopes.filter((scope) => scopes.includes(scope))),
  /** ISO 8601 with a zone; absent: until it is deleted. */
  expiresAt: momentSchema.optional(),
});
export type ApiKeyCreation = z.infer<typeof apiKeyCreationSchema>;

/** All of a user's, newest first: they are few. */
export const apiKeyListSchema = z.object({ items: z.array(apiKeyViewSchema) });
export type ApiKeyList = z.infer<typeof apiKeyListSchema>;

/** The only answer that has the key itself. */
export const createdApiKeySchema = apiKeyViewSchema.extend({ key: z.string() });
export type CreatedApiKey = z.infer<typeof createdApiKeySchema>;

/** Who a key speaks for, and what it may do. */
export const verifiedApiKeySchema = z.object({
  apiKeyId: z.uuid(),
  userId: z.uuid(),
  role: roleSchema,
  scopes: z.array(apiKeyScopeSchema),
  /** Epoch seconds. */
  expiresAt: z.number().nullable(),
});
export type VerifiedApiKey = z.infer<typeof verifiedApiKeySchema>;
