import { createHash, randomBytes } from 'node:crypto';

export const newRefreshToken = (): string => `b2r_${randomBytes(32).toString('base64url')}`;

/** A plain hash is enough: the token has 256 random bits, so there is nothing to guess. */
export const refreshTokenHash = (token: string): Buffer => createHash('sha256').update(token).digest();
