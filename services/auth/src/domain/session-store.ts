import type { Role } from '@backend2/contracts';
import type { User } from './user.ts';

export interface RefreshLife {
  readonly refreshTokenMs: number;
  readonly sessionMs: number;
}

type Exchange =
  | { readonly kind: 'rotated'; readonly sessionId: string; readonly user: User }
  /** It had been exchanged before: whoever holds the other copy is not the one who signed in, or this one is not. */
  | { readonly kind: 'reused'; readonly sessionId: string; readonly userId: string }
  | { readonly kind: 'unknown' };

/** Sessions and their refresh tokens, of which only hashes are kept. */
export interface SessionStore {
  /** With the role as it is by now; undefined where the user's password or standing has changed since `user` was read. */
  open(
    user: User,
    tokenHash: Buffer,
    life: RefreshLife,
  ): Promise<{ readonly sessionId: string; readonly role: Role } | undefined>;
  /** Exchanges one token for the next. Of copies that come at once one is exchanged and the session is then revoked. */
  exchange(tokenHash: Buffer, nextHash: Buffer, life: RefreshLife): Promise<Exchange>;
  /** Whether the session is the user's; one that was revoked before stays as it was. */
  revoke(sessionId: string, userId: string): Promise<boolean>;
  revokedSince(since: Date): Promise<readonly string[]>;
  /** Forgets sessions that ended before; answers how many. */
  forgetEnded(before: Date): Promise<number>;
}
