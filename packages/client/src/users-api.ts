import {
  pageSchema,
  quotaViewSchema,
  userViewSchema,
  type Page,
  type QuotaPatch,
  type QuotaView,
  type UserPatch,
  type UserView,
  type userCreationSchema,
} from '@backend2/contracts';
import type { z } from 'zod';
import type { Transport } from './transport.ts';

const page = pageSchema(userViewSchema);
const pathOf = (userId: string): string => `/users/${encodeURIComponent(userId)}`;

/** User administration, for admins. */
export const usersApi = (transport: Transport) => ({
  list: (query: { limit?: number; cursor?: string } = {}): Promise<Page<UserView>> =>
    transport.json({ method: 'GET', path: '/users', query }, page),
  create: (user: z.input<typeof userCreationSchema>): Promise<UserView> =>
    transport.json({ method: 'POST', path: '/users', body: user }, userViewSchema),
  get: (userId: string): Promise<UserView> =>
    transport.json({ method: 'GET', path: pathOf(userId) }, userViewSchema),
  update: (userId: string, patch: UserPatch): Promise<UserView> =>
    transport.json({ method: 'PATCH', path: pathOf(userId), body: patch }, userViewSchema),
  /** What the user has under way, and may have. */
  quota: (userId: string): Promise<QuotaView> =>
    transport.json({ method: 'GET', path: `${pathOf(userId)}/quota` }, quotaViewSchema),
  updateQuota: (userId: string, patch: QuotaPatch): Promise<QuotaView> =>
    transport.json({ method: 'PATCH', path: `${pathOf(userId)}/quota`, body: patch }, quotaViewSchema),
  delete: (userId: string): Promise<void> => transport.empty({ method: 'DELETE', path: pathOf(userId) }),
});
export type UsersApi = ReturnType<typeof usersApi>;
