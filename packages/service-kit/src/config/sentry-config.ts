import type { ConfigSchema } from './load-config.ts';

export interface SentryConfig {
  /** Empty: no error tracker. */
  readonly dsn: string;
  readonly environment: string;
  readonly tracesSampleRate: number;
}

export const sentryConfig: ConfigSchema<SentryConfig> = {
  dsn: { doc: 'Empty: off', format: 'webUrlOrNone', default: '', env: 'SENTRY_DSN', sensitive: true },
  environment: { doc: 'Name shown', format: 'text', default: 'development', env: 'SENTRY_ENVIRONMENT' },
  tracesSampleRate: {
    doc: 'Share of traces sent',
    format: 'decimal',
    min: 0,
    max: 1,
    default: 0,
    env: 'SENTRY_TRACES_SAMPLE_RATE',
  },
};
