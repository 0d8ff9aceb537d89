import {
  quotaViewSchema,
  tokenResponseSchema,
  userViewSchema,
  type QuotaView,
  type SelfPatch,
  type UserView,
} from '@backend2/contracts';
import type { Session } from './session.ts';
import type { Transport } from './transport.ts';

/** Signing in and out. */
export const authApi = (transport: Transport, session: Session) => ({
  /** Keeps the tokens for every later call. */
  async signIn(email: string, password: string): Promise<void> {
    const answer = await transport.json(
      {
        method: 'POST',
        path: '/auth/token',
        body: { grant_type: 'password', username: email, password },
        anonymous: true,
      },
      tokenResponseSchema,
    );
    session.accept(answer);
  },

  /** Ends the session at the server too; forgets the tokens even when that fails. */
  async signOut(): Promise<void> {
    try {
      if (session.tokens) await transport.empty({ method: 'POST', path: '/auth/logout' });
    } finally {
      session.set(undefined);
    }
  },

  /**
   * For browsers: gives the page an HttpOnly cookie that lets `<img>` and download links, which can send
   * no header, read artifacts and exports. To be called after each sign-in and whenever tokens change.
   */
  async allowImages(): Promise<void> {
    await transport.empty({ method: 'PUT', path: '/auth/cookie' });
  },

  get signedIn(): boolean {
    return session.tokens !== undefined;
  },

  me: (): Promise<UserView> => transport.json({ method: 'GET', path: '/users/me' }, userViewSchema),

  /** What I have under way, and may have. */
  myQuota: (): Promise<QuotaView> =>
    transport.json({ method: 'GET', path: '/users/me/quota' }, quotaViewSchema),

  updateMe: (patch: SelfPatch): Promise<UserView> =>
    transport.json({ method: 'PATCH', path: '/users/me', body: patch }, userViewSchema),
});
export type AuthApi = ReturnType<typeof authApi>;
