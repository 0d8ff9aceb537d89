import { DomainError, type TokenRequest, type TokenResponse } from '@backend2/contracts';
import type { AccessTokens } from '@backend2/service-kit';
import { admitGuess } from './admit-guess.ts';
import type { PasswordHasher } from './password-hasher.ts';
import { newRefreshToken, refreshTokenHash } from './refresh-token.ts';
import type { Revocations } from './revocations.ts';
import type { RefreshLife, SessionStore } from './session-store.ts';
import type { SignInThrottle } from './sign-in-throttle.ts';
import type { User } from './user.ts';
import type { UserStore } from './user-store.ts';

type SignInOutcome = 'success' | 'refused' | 'throttled' | 'refreshed' | 'refresh_refused' | 'reuse';

export interface IssueTokensParts {
  readonly users: UserStore;
  readonly sessions: SessionStore;
  readonly hasher: PasswordHasher;
  readonly throttle: SignInThrottle;
  readonly tokens: AccessTokens;
  readonly revocations: Revocations;
  readonly life: RefreshLife;
  readonly onOutcome: (outcome: SignInOutcome) => void;
}

/** One answer for a wrong password, an unknown account and a disabled one. */
const wrongCredentials = () =>
  new DomainError('unauthenticated', 'invalid_grant', 'The email or the password is not right.');
const wrongRefresh = () =>
  new DomainError(
    'unauthenticated',
    'invalid_grant',
    'The refresh token is not valid any more. Sign in again.',
  );

export const issueTokens = (parts: IssueTokensParts) => {
  const { users, sessions, hasher, throttle, tokens, revocations, life, onOutcome } = parts;

  /** `issuedAt` is from before the session was looked at: a revocation that came between then covers the token. */
  const answer = (
    user: Pick<User, 'id' | 'role'>,
    sessionId: string,
    refreshToken: string,
    issuedAt: number,
  ): TokenResponse => ({
    access_token: tokens.sign({ userId: user.id, role: user.role, sessionId, issuedAt }).token,
    token_type: 'Bearer',
    expires_in: tokens.ttlSeconds,
    refresh_token: refreshToken,
  });

  const withPassword = async (
    username: string,
    password: string,
    address: string,
  ): Promise<TokenResponse> => {
    const account = username.trim().toLowerCase();
    const attempt = { account, address };
    await admitGuess(throttle, attempt).catch((error: unknown) => {
      onOutcome('throttled');
      throw error;
    });
    const user = await users.byEmail(account);
    const right = user ? await hasher.verify(user.passwordHash, password) : await hasher.verifyNone(password);
    if (!user || !right || user.disabledAt !== null) {
      onOutcome('refused');
      throw wrongCredentials();
    }
    await throttle.succeeded(attempt);
    const refreshToken = newRefreshToken();
    const issuedAt = Date.now() / 1000;
    const session = await sessions.open(user, refreshTokenHash(refreshToken), life);
    if (!session) {
      onOutcome('refused');
      throw wrongCredentials();
    }
    onOutcome('success');
    if (hasher.isDated(user.passwordHash)) {
      await users.rehash(user.id, user.passwordHash, await hasher.hash(password));
    }
    return answer({ id: user.id, role: session.role }, session.sessionId, refreshToken, issuedAt);
  };

  const withRefreshToken = async (token: string): Promise<TokenResponse> => {
    const next = newRefreshToken();
    const issuedAt = Date.now() / 1000;
    const exchange = await sessions.exchange(refreshTokenHash(token), refreshTokenHash(next), life);
    switch (exchange.kind) {
      case 'rotated':
        onOutcome('refreshed');
        return answer(exchange.user, exchange.sessionId, next, issuedAt);
      case 'reused':
        onOutcome('reuse');
        await revocations.announce(exchange.userId, { kind: 'session', id: exchange.sessionId });
        throw wrongRefresh();
      case 'unknown':
        onOutcome('refresh_refused');
        throw wrongRefresh();
    }
  };

  return (grant: TokenRequest, address: string): Promise<TokenResponse> =>
    grant.grant_type === 'password'
      ? withPassword(grant.username, grant.password, address)
      : withRefreshToken(grant.refresh_token);
};
