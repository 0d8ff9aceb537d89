import {
  pageQuerySchema,
  pageSchema,
  selfPatchSchema,
  userCreationSchema,
  userPatchSchema,
  userViewSchema,
} from '@backend2/contracts';
import { z } from 'zod';
import type { Dependencies } from '../http/dependencies.ts';
import { route, type Route } from '../http/route.ts';

const ofUser = z.object({ userId: z.uuid() });

export const userRoutes = ({ auth, config }: Dependencies): Route[] => {
  const base = { tag: 'users', access: 'admin' } as const;
  return [
    route({
      ...base,
      method: 'get',
      path: '/users/me',
      access: 'user',
      operationId: 'getMe',
      summary: 'Who am I',
      answer: { status: 200, schema: userViewSchema },
      handle: ({ principal, signal }) => auth.call('users.me', { principal }, { signal }),
    }),
    route({
      ...base,
      method: 'patch',
      path: '/users/me',
      access: 'user',
      operationId: 'updateMe',
      summary: 'Change my name or password',
      body: selfPatchSchema,
      answer: { status: 200, schema: userViewSchema },
      refusals: { too_many_attempts: 429, revocation_late: 503 },
      handle: ({ principal, body, request }) =>
        auth.call('users.updateMe', { principal, patch: body, address: request.ip ?? 'unknown' }),
    }),
    route({
      ...base,
      method: 'get',
      path: '/users',
      operationId: 'listUsers',
      summary: 'List users',
      query: pageQuerySchema,
      answer: { status: 200, schema: pageSchema(userViewSchema) },
      handle: ({ principal, query, signal }) => auth.call('users.list', { principal, query }, { signal }),
    }),
    route({
      ...base,
      method: 'post',
      path: '/users',
      operationId: 'createUser',
      summary: 'Create a user',
      body: userCreationSchema,
      audit: { details: ({ email, role }) => ({ email, role }) },
      answer: { status: 201, schema: userViewSchema },
      refusals: { email_taken: 409 },
      handle: async ({ principal, body, response }) => {
        const user = await auth.call('users.create', { principal, user: body });
        response.location(`${config.apiPrefix}/users/${user.id}`);
        return user;
      },
    }),
    route({
      ...base,
      method: 'get',
      path: '/users/:userId',
      operationId: 'getUser',
      summary: 'Read a user',
      params: ofUser,
      answer: { status: 200, schema: userViewSchema },
      handle: ({ principal, params, signal }) => auth.call('users.get', { principal, ...params }, { signal }),
    }),
    route({
      ...base,
      method: 'patch',
      path: '/users/:userId',
      operationId: 'updateUser',
      summary: 'Change a user',
      params: ofUser,
      body: userPatchSchema,
      audit: { details: ({ role, disabled }) => ({ role, disabled }) },
      answer: { status: 200, schema: userViewSchema },
      refusals: { last_admin: 409, revocation_late: 503 },
      handle: ({ principal, params, body }) =>
        auth.call('users.update', { principal, ...params, patch: body }),
    }),
    route({
      ...base,
      method: 'delete',
      path: '/users/:userId',
      operationId: 'deleteUser',
      summary: 'Delete a user',
      params: ofUser,
      answer: { status: 204 },
      refusals: { last_admin: 409, revocation_late: 503 },
      handle: async ({ principal, params }) => {
        await auth.call('users.delete', { principal, ...params });
      },
    }),
  ];
};
