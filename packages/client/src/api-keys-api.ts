import {
  apiKeyListSchema,
  createdApiKeySchema,
  type ApiKeyList,
  type CreatedApiKey,
  type apiKeyCreationSchema,
} from '@backend2/contracts';
import type { z } from 'zod';
import type { Transport } from './transport.ts';

/** One's own API keys; only for who signed in. A key goes into `createClient` as `token`. */
export const apiKeysApi = (transport: Transport) => ({
  list: (): Promise<ApiKeyList> => transport.json({ method: 'GET', path: '/api-keys' }, apiKeyListSchema),
  /** The only answer that has the key itself. */
  create: (apiKey: z.input<typeof apiKeyCreationSchema>): Promise<CreatedApiKey> =>
    transport.json({ method: 'POST', path: '/api-keys', body: apiKey }, createdApiKeySchema),
  delete: (apiKeyId: string): Promise<void> =>
    transport.empty({ method: 'DELETE', path: `/api-keys/${encodeURIComponent(apiKeyId)}` }),
});
export type ApiKeysApi = ReturnType<typeof apiKeysApi>;
