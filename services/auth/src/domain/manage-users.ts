import { randomUUID } from 'node:crypto';
import {
  notFound,
  validationFailed,
  type Page,
  type Principal,
  type SelfPatch,
  type UserCreation,
  type UserPatch,
  type UserView,
} from '@backend2/contracts';
import { admitGuess } from './admit-guess.ts';
import type { PasswordHasher } from './password-hasher.ts';
import { requireAdmin, selfOf } from './require-admin.ts';
import type { Revocations } from './revocations.ts';
import type { SignInThrottle } from './sign-in-throttle.ts';
import { userView, type User } from './user.ts';
import type { UserChange, UserStore } from './user-store.ts';

export interface ManageUsersParts {
  readonly users: UserStore;
  readonly hasher: PasswordHasher;
  readonly revocations: Revocations;
  readonly throttle: SignInThrottle;
}

export const manageUsers = ({ users, hasher, revocations, throttle }: ManageUsersParts) => {
  const change = async (...[id, ...what]: Parameters<UserStore['change']>): Promise<User> => {
    const changed = await users.change(id, ...what);
    if (!changed) throw notFound('user');
    const { user, refuseTokensBefore } = changed;
    if (refuseTokensBefore) {
      await revocations.announce(id, { kind: 'user', id, before: refuseTokensBefore.getTime() / 1000 });
    }
    return user;
  };

  return {
    me: async (principal: Principal): Promise<UserView> => userView(await selfOf(users, principal)),

    /** Whoever found a token must not guess the password with it: that is slowed as a sign-in is. */
    updateMe: async (principal: Principal, patch: SelfPatch, address: string): Promise<UserView> => {
      const user = await selfOf(users, principal);
      const { name, password, currentPassword = '' } = patch;
      if (password !== undefined) {
        const attempt = { account: user.email, address };
        await admitGuess(throttle, attempt);
        if (!(await hasher.verify(user.passwordHash, currentPassword)))
          throw validationFailed([{ path: '/currentPassword', message: 'is not the present password' }]);
        await throttle.succeeded(attempt);
      }
      const wanted: UserChange = {
        ...(name !== undefined && { name }),
        ...(password !== undefined && { passwordHash: await hasher.hash(password) }),
      };
      return userView(await change(user.id, wanted, password === undefined ? undefined : 'password'));
    },

    list: async (
      principal: Principal,
      limit: number,
      cursor: string | undefined,
    ): Promise<Page<UserView>> => {
      await requireAdmin(users, principal);
      const { items, nextCursor } = await users.list(limit, cursor);
      return { items: items.map(userView), nextCursor };
    },

    create: async (
      principal: Principal,
      { email, name, role, password }: UserCreation,
    ): Promise<UserView> => {
      await requireAdmin(users, principal);
      const passwordHash = await hasher.hash(password);
      return userView(await users.create({ id: randomUUID(), email, name, role, passwordHash }));
    },

    get: async (principal: Principal, userId: string): Promise<UserView> => {
      await requireAdmin(users, principal);
      const user = await users.byId(userId);
      if (!user) throw notFound('user');
      return userView(user);
    },

    update: async (principal: Principal, userId: string, patch: UserPatch): Promise<UserView> => {
      await requireAdmin(users, principal);
      const before = await users.byId(userId);
      if (!before) throw notFound('user');
      const { name, role, disabled, password } = patch;
      const wanted: UserChange = {
        ...(name !== undefined && { name }),
        ...(role !== undefined && { role }),
        ...(disabled !== undefined && { disabledAt: disabled ? (before.disabledAt ?? new Date()) : null }),
        ...(password !== undefined && { passwordHash: await hasher.hash(password) }),
      };
      const ends = disabled === true ? 'disabled' : password === undefined ? undefined : 'password';
      return userView(await change(userId, wanted, ends));
    },

    remove: async (principal: Principal, userId: string): Promise<void> => {
      await requireAdmin(users, principal);
      await change(userId, { deleted: true }, 'deleted');
    },
  };
};
export type ManageUsers = ReturnType<typeof manageUsers>;
