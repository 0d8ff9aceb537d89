import { createHash, randomUUID } from 'node:crypto';
import { DomainError, roleSchema, type Role } from '@backend2/contracts';
import jwt from 'jsonwebtoken';
import type { SecurityConfig, TokenAlgorithm } from '../config/security-config.ts';

export interface AccessTokenKey {
  readonly kid: string;
  readonly secret: string;
}

export interface AccessTokenSetup {
  /** The first signs; the others are still accepted. */
  readonly secrets: readonly AccessTokenKey[];
  /** The only one accepted, whatever a token's header says. */
  readonly algorithm: TokenAlgorithm;
  readonly ttlMinutes: number;
  /** Default `backend2`. */
  readonly issuer?: string;
  /** Default `backend2-api`. */
  readonly audience?: string;
}

export interface AccessClaims {
  readonly userId: string;
  readonly role: Role;
  readonly tokenId: string;
  readonly sessionId: string;
  /** Epoch seconds, with fractions where the signer gave them. */
  readonly issuedAt: number;
  /** Epoch seconds. */
  readonly expiresAt: number;
}

export interface AccessTokens {
  readonly ttlSeconds: number;
  /** @param who.issuedAt epoch seconds, now unless given: the time at which what it says was looked up. */
  sign(who: {
    readonly userId: string;
    readonly role: Role;
    readonly sessionId: string;
    readonly issuedAt?: number;
  }): {
    readonly token: string;
    readonly claims: AccessClaims;
  };
  /** @throws DomainError `unauthenticated`: `token_expired` or `token_invalid`. Revocation is not its matter. */
  verify(token: string): AccessClaims;
}

const invalid = (): DomainError =>
  new DomainError('unauthenticated', 'token_invalid', 'The access token is not valid.');

const isRecord = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' && value !== null;

const claimsOf = (payload: unknown): AccessClaims => {
  if (!isRecord(payload)) throw invalid();
  const { sub, role, jti, sid, iat, exp } = payload;
  const parsed = roleSchema.safeParse(role);
  const texts = [sub, jti, sid].every((claim) => typeof claim === 'string' && claim !== '');
  if (!texts || !parsed.success || typeof iat !== 'number' || typeof exp !== 'number') throw invalid();
  return {
    userId: sub as string,
    role: parsed.data,
    tokenId: jti as string,
    sessionId: sid as string,
    issuedAt: iat,
    expiresAt: exp,
  };
};

const kidOf = (token: string): string | undefined => {
  try {
    const header: unknown = JSON.parse(Buffer.from(token.split('.')[0] ?? '', 'base64url').toString('utf8'));
    return isRecord(header) && typeof header['kid'] === 'string' ? header['kid'] : undefined;
  } catch {
    return undefined;
  }
};

/** Signs and verifies access tokens; the auth service does the first, every gateway the second, on its own. */
export const accessTokens = (setup: AccessTokenSetup): AccessTokens => {
  const { secrets, algorithm, ttlMinutes, issuer = 'backend2', audience = 'backend2-api' } = setup;
  const [signer] = secrets;
  if (!signer) throw new Error('Access tokens need at least one secret.');
  const byKid = new Map(secrets.map(({ kid, secret }) => [kid, secret]));
  const ttlSeconds = ttlMinutes * 60;
  return {
    ttlSeconds,
    sign: ({ userId, role, sessionId, issuedAt = Date.now() / 1000 }) => {
      const tokenId = randomUUID();
      const expiresAt = Math.floor(issuedAt) + ttlSeconds;
      const payload = { sub: userId, role, sid: sessionId, jti: tokenId, iat: issuedAt, exp: expiresAt };
      const token = jwt.sign({ ...payload, iss: issuer, aud: audience }, signer.secret, {
        algorithm,
        keyid: signer.kid,
      });
      return { token, claims: { userId, role, tokenId, sessionId, issuedAt, expiresAt } };
    },
    verify: (token) => {
      const secret = byKid.get(kidOf(token) ?? '');
      if (secret === undefined) throw invalid();
      let payload: unknown;
      try {
        payload = jwt.verify(token, secret, { algorithms: [algorithm], issuer, audience });
      } catch (error) {
        if (error instanceof jwt.TokenExpiredError)
          throw new DomainError('unauthenticated', 'token_expired', 'The access token has expired.');
        throw invalid();
      }
      return claimsOf(payload);
    },
  };
};

/** Whom a token just issued is for. Nothing is verified: only for tokens that come from auth itself. */
export const subjectOf = (token: string): string | undefined => {
  const payload = jwt.decode(token);
  return isRecord(payload) && typeof payload['sub'] === 'string' ? payload['sub'] : undefined;
};

/** Names a secret without telling anything of it. */
export const secretKid = (secret: string): string =>
  createHash('sha256').update(`backend2 access token key\0${secret}`).digest('hex').slice(0, 12);

export const accessTokensFrom = (security: SecurityConfig): AccessTokens =>
  accessTokens({
    secrets: [security.secretKey, ...security.previousSecretKeys].map((secret) => ({
      kid: secretKid(secret),
      secret,
    })),
    algorithm: security.algorithm,
    ttlMinutes: security.accessTokenExpireMinutes,
  });
