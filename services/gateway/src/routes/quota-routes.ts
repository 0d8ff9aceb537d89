import { quotaPatchSchema, quotaViewSchema } from '@backend2/contracts';
import { z } from 'zod';
import type { Dependencies } from '../http/dependencies.ts';
import { route, type Route } from '../http/route.ts';

const ofUser = z.object({ userId: z.uuid() });
const base = { tag: 'users', answer: { status: 200, schema: quotaViewSchema } } as const;

export const quotaRoutes = ({ auth, tasks }: Dependencies): Route[] => [
  route({
    ...base,
    method: 'get',
    path: '/users/me/quota',
    access: 'user',
    operationId: 'getMyQuota',
    summary: 'What I have under way, and may have',
    handle: ({ principal, signal }) =>
      tasks.call('quotas.get', { principal, userId: principal.userId }, { signal }),
  }),
  route({
    ...base,
    method: 'get',
    path: '/users/:userId/quota',
    access: 'admin',
    operationId: 'getQuota',
    summary: 'What a user has under way, and may have',
    params: ofUser,
    handle: async ({ principal, params, signal }) => {
      await auth.call('users.get', { principal, ...params }, { signal });
      return tasks.call('quotas.get', { principal, ...params }, { signal });
    },
  }),
  route({
    ...base,
    method: 'patch',
    path: '/users/:userId/quota',
    access: 'admin',
    operationId: 'updateQuota',
    summary: 'Change what a user may have under way',
    description: 'null goes back to the configured default.',
    params: ofUser,
    body: quotaPatchSchema,
    audit: { details: (quota) => ({ ...quota }) },
    handle: async ({ principal, params, body }) => {
      await auth.call('users.get', { principal, ...params });
      return tasks.call('quotas.update', { principal, ...params, patch: body });
    },
  }),
];
