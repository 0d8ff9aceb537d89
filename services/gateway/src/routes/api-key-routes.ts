import { apiKeyCreationSchema, apiKeyListSchema, createdApiKeySchema } from '@backend2/contracts';
import { z } from 'zod';
import type { Dependencies } from '../http/dependencies.ts';
import { route, type Route } from '../http/route.ts';

/** Keys are their owner's to give out: a key cannot make, see or end keys. */
export const apiKeyRoutes = ({ auth, config }: Dependencies): Route[] => {
  const base = { tag: 'api keys', access: 'user', session: true } as const;
  return [
    route({
      ...base,
      method: 'get',
      path: '/api-keys',
      operationId: 'listApiKeys',
      summary: 'List my API keys, newest first',
      answer: { status: 200, schema: apiKeyListSchema },
      handle: ({ principal, signal }) => auth.call('apiKeys.list', { principal }, { signal }),
    }),
    route({
      ...base,
      method: 'post',
      path: '/api-keys',
      operationId: 'createApiKey',
      summary: 'Make an API key',
      description:
        'The answer is the only one that has the key. Send it as `Authorization: Bearer <key>` or `X-API-Key: <key>`.',
      body: apiKeyCreationSchema,
      audit: { details: ({ name, scopes, expiresAt }) => ({ name, scopes, expiresAt }) },
      answer: { status: 201, schema: createdApiKeySchema },
      refusals: { too_many_api_keys: 409 },
      handle: async ({ principal, body, response }) => {
        const made = await auth.call('apiKeys.create', { principal, apiKey: body });
        response.location(`${config.apiPrefix}/api-keys/${made.id}`).set('cache-control', 'no-store');
        return made;
      },
    }),
    route({
      ...base,
      method: 'delete',
      path: '/api-keys/:apiKeyId',
      operationId: 'deleteApiKey',
      summary: 'End an API key: it is refused everywhere within a second',
      params: z.object({ apiKeyId: z.uuid() }),
      answer: { status: 204 },
      refusals: { revocation_late: 503 },
      handle: async ({ principal, params }) => {
        await auth.call('apiKeys.delete', { principal, ...params });
      },
    }),
  ];
};
