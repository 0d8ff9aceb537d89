import { createHash, randomBytes, randomUUID } from 'node:crypto';
import {
  apiKeyStart,
  DomainError,
  notFound,
  validationFailed,
  type ApiKeyCreation,
  type ApiKeyList,
  type ApiKeyView,
  type CreatedApiKey,
  type Principal,
  type VerifiedApiKey,
} from '@backend2/contracts';
import type { ApiKey, ApiKeyStore } from './api-key-store.ts';
import type { Revocations } from './revocations.ts';

const view = ({ id, name, prefix, scopes, createdAt, expiresAt, lastUsedAt }: ApiKey): ApiKeyView => ({
  id,
  name,
  prefix,
  scopes: [...scopes],
  createdAt: createdAt.toISOString(),
  expiresAt: expiresAt?.toISOString() ?? null,
  lastUsedAt: lastUsedAt?.toISOString() ?? null,
});

/** The key has 256 random bits: a plain hash leaves nothing to guess. */
const hashOf = (key: string): Buffer => createHash('sha256').update(key).digest();

const mostKeys = 50;

export const manageApiKeys = (store: ApiKeyStore, revocations: Revocations) => ({
  list: async ({ userId }: Principal): Promise<ApiKeyList> => ({
    items: (await store.listOf(userId)).map(view),
  }),

  create: async (
    { userId, role }: Principal,
    { name, scopes, expiresAt }: ApiKeyCreation,
  ): Promise<CreatedApiKey> => {
    if (scopes.includes('admin') && role !== 'admin')
      throw validationFailed([{ path: '/scopes', message: 'admin is for keys of admins' }]);
    const ends = expiresAt === undefined ? null : new Date(expiresAt);
    if (ends !== null && ends <= new Date())
      throw validationFailed([{ path: '/expiresAt', message: 'must be in the future' }]);
    const key = `${apiKeyStart}${randomBytes(32).toString('base64url')}`;
    const prefix = key.slice(0, apiKeyStart.length + 6);
    const kept = { id: randomUUID(), name, prefix, scopes, expiresAt: ends };
    const made = await store.create(userId, hashOf(key), kept, mostKeys);
    if (made === undefined)
      throw new DomainError(
        'conflict',
        'too_many_api_keys',
        `A user has at most ${mostKeys} API keys. Delete one first.`,
      );
    return { ...view(made), key };
  },

  remove: async ({ userId }: Principal, apiKeyId: string): Promise<void> => {
    if (!(await store.remove(apiKeyId, userId))) throw notFound('API key');
    // Gateways that have seen it lately forget it.
    await revocations.announce(userId, { kind: 'token', id: apiKeyId });
  },

  verify: async (key: string): Promise<VerifiedApiKey> => {
    const used = key.startsWith(apiKeyStart) ? await store.use(hashOf(key)) : undefined;
    if (!used) throw new DomainError('unauthenticated', 'api_key_invalid', 'The API key is not valid.');
    const { id, scopes, expiresAt } = used.key;
    return {
      apiKeyId: id,
      userId: used.userId,
      role: used.role,
      scopes: [...scopes],
      expiresAt: expiresAt === null ? null : expiresAt.getTime() / 1000,
    };
  },
});
export type ManageApiKeys = ReturnType<typeof manageApiKeys>;
