import { DomainError } from '@backend2/contracts';
import type { AccessClaims, AccessTokens, RevocationList } from '@backend2/service-kit';
import type { Request } from 'express';
import type { Route } from './route.ts';
import { tokenInCookie } from './session-cookie.ts';

export interface Authentication {
  readonly claims: AccessClaims;
  readonly token: string;
}

export type Authenticate = (route: Route, request: Request) => Authentication;

/** @throws DomainError `unauthenticated`, or `denied` where the route is for admins. */
export const authenticator =
  (tokens: AccessTokens, revocations: Pick<RevocationList, 'isRevoked'>): Authenticate =>
  (route, request) => {
    const token = bearerToken(request) ?? (route.cookie ? tokenInCookie(request) : undefined);
    if (token === undefined) {
      throw new DomainError(
        'unauthenticated',
        'token_missing',
        'Sign in first: send "Authorization: Bearer <access token>".',
      );
    }
    const claims = tokens.verify(token);
    if (revocations.isRevoked(claims)) {
      throw new DomainError(
        'unauthenticated',
        'token_revoked',
        'The access token was revoked. Sign in again.',
      );
    }
    if (route.access === 'admin' && claims.role !== 'admin') {
      throw new DomainError('denied', 'admin_only', 'Only an admin may do this.');
    }
    return { claims, token };
  };

export const bearerToken = (request: Request): string | undefined => {
  const header = request.get('authorization');
  if (header === undefined) return undefined;
  const [, token] = /^Bearer +([\w.~+/-]+=*)$/i.exec(header) ?? [];
  if (token !== undefined) return token;
  throw new DomainError(
    'unauthenticated',
    'token_malformed',
    'The Authorization header is not of the form Bearer <access token>.',
  );
};
