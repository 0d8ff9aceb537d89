import type { ConfigSchema } from './load-config.ts';

export const tokenAlgorithms = ['HS256', 'HS384', 'HS512'] as const;
export type TokenAlgorithm = (typeof tokenAlgorithms)[number];

/** Known to everyone who reads this file: a production start refuses it. */
export const developmentSecret = 'development-secret-not-for-production';

export interface SecurityConfig {
  readonly secretKey: string;
  /** Newest first; tokens they signed stay good until they expire. */
  readonly previousSecretKeys: string[];
  readonly algorithm: TokenAlgorithm;
  readonly accessTokenExpireMinutes: number;
}

export const securityConfig: ConfigSchema<SecurityConfig> = {
  secretKey: {
    doc: 'Signs access tokens; keys derived from it seal the secrets of webhooks',
    format: 'text',
    default: developmentSecret,
    env: 'SECRET_KEY',
    sensitive: true,
  },
  previousSecretKeys: {
    doc: 'Former SECRET_KEYs, comma separated, or as a JSON array where one has a comma: still accepted, no longer used to sign',
    format: 'secrets',
    default: [],
    env: 'PREVIOUS_SECRET_KEYS',
    sensitive: true,
  },
  algorithm: {
    doc: 'The one algorithm signed with and accepted',
    format: [...tokenAlgorithms],
    default: 'HS256',
    env: 'ALGORITHM',
  },
  accessTokenExpireMinutes: {
    doc: 'Lifetime of an access token',
    format: 'whole',
    min: 1,
    max: 525_600,
    default: 10_080,
    env: 'ACCESS_TOKEN_EXPIRE_MINUTES',
  },
};
