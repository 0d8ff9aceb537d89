import { DomainError } from '@backend2/contracts';
import type { SentryConfig } from '../config/sentry-config.ts';
import { redact } from '../log/redact.ts';

export interface ErrorTracker {
  /** Expected refusals (DomainError) are no events. */
  capture(error: unknown): void;
  /** Sends what is waiting; bounded. */
  flush(): Promise<void>;
}

const nowhere: ErrorTracker = { capture: () => undefined, flush: async () => undefined };

/** The error tracker of this process; does nothing, and loads nothing, where no DSN is set. */
export const startSentry = async (
  service: string,
  release: string,
  config: SentryConfig,
): Promise<ErrorTracker> => {
  if (config.dsn === '') return nowhere;
  const sentry = await import('@sentry/node');
  sentry.init({
    dsn: config.dsn,
    environment: config.environment,
    release,
    serverName: service,
    tracesSampleRate: config.tracesSampleRate,
    beforeSend: (event, hint) =>
      hint.originalException instanceof DomainError ? null : (redact(event) as typeof event),
    beforeBreadcrumb: (breadcrumb) => redact(breadcrumb) as typeof breadcrumb,
  });
  return {
    capture: (error) => {
      if (!(error instanceof DomainError)) sentry.captureException(error);
    },
    flush: async () => {
      await sentry.flush(2000);
    },
  };
};
