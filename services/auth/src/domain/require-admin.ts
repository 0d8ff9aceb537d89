import { DomainError, type Principal } from '@backend2/contracts';
import type { User } from './user.ts';
import type { UserStore } from './user-store.ts';

/** @throws DomainError `token_invalid` where the user is gone or disabled since it was signed. */
export const selfOf = async (users: UserStore, { userId }: Principal): Promise<User> => {
  const user = await users.byId(userId);
  if (!user || user.disabledAt !== null)
    throw new DomainError('unauthenticated', 'token_invalid', 'The access token is not valid any more.');
  return user;
};

/** The token says what the role was when it was signed; the store says what it is. */
export const requireAdmin = async (users: UserStore, principal: Principal): Promise<void> => {
  if (principal.role !== 'admin' || (await selfOf(users, principal)).role !== 'admin')
    throw new DomainError('denied', 'admin_only', 'Only an admin may do this.');
};
