import { DomainError, type ApiKeyScope, type Principal } from '@backend2/contracts';
import type { AccessClaims, AccessTokens, RevocationList, VerifyApiKey } from '@backend2/service-kit';
import type { Request } from 'express';
import { credentialOf } from './credentials.ts';
import type { RefusedCredentials } from './refused-credentials.ts';
import type { Route } from './route.ts';

/** Who sends a request, proven. */
export interface Caller {
  readonly principal: Principal;
  /** Of the access token; of an API key in the same words, the key being token and session in one. */
  readonly claims: AccessClaims;
  /** Absent where an access token was sent: it may do all that its user may. */
  readonly apiKey?: { readonly id: string; readonly scopes: readonly ApiKeyScope[] };
  /** As it was sent. */
  readonly credential: string;
}

/** @throws DomainError `unauthenticated`, or `limited` for an address that sent too many wrong credentials. */
export type Authenticate = (route: Route, request: Request) => Promise<Caller>;

export interface AuthenticatorParts {
  readonly tokens: AccessTokens;
  readonly revocations: Pick<RevocationList, 'isRevoked'>;
  readonly verifyApiKey: VerifyApiKey;
  readonly refused: RefusedCredentials;
}

export const authenticator = (parts: AuthenticatorParts): Authenticate => {
  const { tokens, revocations, verifyApiKey, refused } = parts;

  const withToken = (credential: string): Caller => {
    const claims = tokens.verify(credential);
    if (revocations.isRevoked(claims)) {
      throw new DomainError(
        'unauthenticated',
        'token_revoked',
        'The access token was revoked. Sign in again.',
      );
    }
    return { principal: { userId: claims.userId, role: claims.role }, claims, credential };
  };

  const withKey = async (credential: string, request: Request): Promise<Caller> => {
    const { apiKeyId, userId, role, scopes, expiresAt, asOf } = await verifyApiKey(credential, () =>
      refused.suspect(request),
    );
    const principal = { userId, role: scopes.includes('admin') ? role : 'user' } as const;
    const claims = { ...principal, tokenId: apiKeyId, sessionId: apiKeyId, issuedAt: asOf };
    return {
      principal,
      claims: { ...claims, expiresAt: expiresAt ?? Number.POSITIVE_INFINITY },
      apiKey: { id: apiKeyId, scopes },
      credential,
    };
  };

  return async (route, request) => {
    const { kind, text } = credentialOf(request, route.cookie === true);
    if (kind === 'api-key') return withKey(text, request);
    try {
      return withToken(text);
    } catch (error) {
      await refused.suspect(request);
      throw error;
    }
  };
};
