import { z } from 'zod';
import {
  apiKeyCreationSchema,
  apiKeyListSchema,
  createdApiKeySchema,
  verifiedApiKeySchema,
} from '../api-key.ts';
import { auditEntrySchema, auditQuerySchema } from '../audit.ts';
import {
  selfPatchSchema,
  tokenRequestSchema,
  tokenResponseSchema,
  userCreationSchema,
  userPatchSchema,
  userViewSchema,
} from '../auth.ts';
import { pageQuerySchema, pageSchema } from '../page.ts';
import { principalSchema } from '../principal.ts';
import { deadLetterMethods } from './dead-letter-methods.ts';
import { rpcContract } from './method.ts';

const ofUser = z.object({ principal: principalSchema, userId: z.uuid() });

export const authRpc = rpcContract('rpc:auth', {
  'tokens.issue': {
    request: z.object({ grant: tokenRequestSchema, address: z.string() }),
    response: tokenResponseSchema,
  },
  /** Ends the session the access token belongs to. */
  'tokens.revoke': {
    request: z.object({ principal: principalSchema, tokenId: z.string(), sessionId: z.string() }),
    response: z.object({}),
  },
  'users.me': { request: z.object({ principal: principalSchema }), response: userViewSchema },
  'users.updateMe': {
    request: z.object({ principal: principalSchema, patch: selfPatchSchema, address: z.string() }),
    response: userViewSchema,
  },
  'users.list': {
    request: z.object({ principal: principalSchema, query: pageQuerySchema }),
    response: pageSchema(userViewSchema),
  },
  'users.create': {
    request: z.object({ principal: principalSchema, user: userCreationSchema }),
    response: userViewSchema,
  },
  'users.get': { request: ofUser, response: userViewSchema },
  'users.update': { request: ofUser.extend({ patch: userPatchSchema }), response: userViewSchema },
  'users.delete': { request: ofUser, response: z.object({}) },
  /** The principal's own, newest first. */
  'apiKeys.list': {
    request: z.object({ principal: principalSchema }),
    response: apiKeyListSchema,
  },
  'apiKeys.create': {
    request: z.object({ principal: principalSchema, apiKey: apiKeyCreationSchema }),
    response: createdApiKeySchema,
  },
  'apiKeys.delete': {
    request: z.object({ principal: principalSchema, apiKeyId: z.uuid() }),
    response: z.object({}),
  },
  /** For a gateway, which keeps the answer for a short while. */
  'apiKeys.verify': { request: z.object({ key: z.string().max(512) }), response: verifiedApiKeySchema },
  'audit.list': {
    request: z.object({ principal: principalSchema, query: auditQuerySchema }),
    response: pageSchema(auditEntrySchema),
  },
  ...deadLetterMethods,
});
export type AuthRpc = (typeof authRpc)['methods'];
