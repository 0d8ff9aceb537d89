import { DomainError } from '@backend2/contracts';
import type { SentryConfig } from '../config/sentry-config.ts';
import type { LogDestination } from '../log/log-destination.ts';
import { redact } from '../log/redact.ts';
import { currentTrace, partsOfTrace } from '../tracing/trace-context.ts';

export interface ErrorTracker {
  /** Expected refusals (DomainError) are no events. */
  capture(error: unknown): void;
  /** What is logged becomes the trail that leads to an event. */
  readonly trail: LogDestination;
  /** Sends what is waiting; bounded. */
  close(): Promise<void>;
}

const nowhere: ErrorTracker = {
  capture: () => undefined,
  trail: { write: () => undefined, close: async () => undefined },
  close: async () => undefined,
};

const levels: Readonly<Record<number, 'debug' | 'info' | 'warning' | 'error' | 'fatal'>> = {
  20: 'debug',
  30: 'info',
  40: 'warning',
  50: 'error',
  60: 'fatal',
};
/** The tracker gets what failed and where, nothing of what people sent. */
const dataCollection = {
  userInfo: false,
  cookies: false,
  httpHeaders: false,
  httpBodies: [],
  urlQueryParams: false,
  databaseQueryData: false,
  stackFrameVariables: false,
};
const plumbing = new Set(['v', 'name', 'hostname', 'pid', 'level', 'time', 'msg']);

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
    dataCollection,
    // The log is the trail; what is printed would be it again, unscrubbed.
    integrations: (defaults) => defaults.filter(({ name }) => name !== 'Console'),
    beforeSend: (event, hint) =>
      hint.originalException instanceof DomainError ? null : (redact(event) as typeof event),
    beforeBreadcrumb: (breadcrumb) => redact(breadcrumb) as typeof breadcrumb,
  });
  return {
    capture: (error) => {
      if (error instanceof DomainError) return;
      const trace = partsOfTrace(currentTrace());
      sentry.captureException(error, {
        tags: { service, ...(trace && { trace_id: trace.traceId }) },
      });
    },
    trail: {
      write: ({ record }) => {
        const data = Object.fromEntries(Object.entries(record).filter(([key]) => !plumbing.has(key)));
        sentry.addBreadcrumb({
          category: 'log',
          level: levels[Number(record['level'])] ?? 'info',
          message: String(record['msg']),
          data,
        });
      },
      close: async () => undefined,
    },
    close: async () => {
      await sentry.close(2000);
    },
  };
};
