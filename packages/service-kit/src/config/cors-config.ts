import type { ConfigSchema } from './load-config.ts';

export interface CorsConfig {
  readonly origins: string[];
  readonly credentials: boolean;
}

export const corsConfig: ConfigSchema<CorsConfig> = {
  origins: {
    doc: 'Origins that browsers may call from; * is any',
    format: 'list',
    default: ['*'],
    env: 'CORS_ORIGINS',
  },
  credentials: {
    doc: 'Whether those origins may send cookies',
    format: 'flag',
    default: false,
    env: 'CORS_CREDENTIALS',
  },
};
