import type { Page } from '@backend2/contracts';
import type { User } from './user.ts';

type NewUser = Omit<User, 'createdAt' | 'disabledAt'>;
export type UserChange = Partial<Pick<User, 'name' | 'role' | 'passwordHash' | 'disabledAt'>> & {
  readonly deleted?: true;
};

/** Deleted users are not there for any of these. */
export interface UserStore {
  byId(id: string): Promise<User | undefined>;
  byEmail(email: string): Promise<User | undefined>;
  /** Newest first; may be answered by a standby, but shows what this process has written. @throws DomainError for a foreign cursor. */
  list(limit: number, cursor: string | undefined): Promise<Page<User>>;
  /** @throws DomainError `email_taken`. */
  create(user: NewUser): Promise<User>;
  /**
   * Undefined where there is no such user. `endSessions` says why the user's sessions end with the change; those and a
   * change of role set the time before which issued access tokens are to be refused.
   *
   * @throws DomainError `last_admin` for a change that would leave no active admin.
   */
  change(
    id: string,
    change: UserChange,
    endSessions?: 'password' | 'disabled' | 'deleted',
  ): Promise<{ readonly user: User; readonly refuseTokensBefore?: Date } | undefined>;
  /** Replaces a hash made with former parameters, unless the password was changed meanwhile. */
  rehash(id: string, from: string, to: string): Promise<void>;
  hasAdmin(): Promise<boolean>;
  /** Users whose access tokens issued before that time are refused, where the time is `since` or later. */
  refusedSince(since: Date): Promise<readonly { readonly userId: string; readonly before: Date }[]>;
}
