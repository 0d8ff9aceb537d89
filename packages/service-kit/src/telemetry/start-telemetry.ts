import { hostname } from 'node:os';
import type { LogConfig } from '../config/log-config.ts';
import type { SentryConfig } from '../config/sentry-config.ts';
import type { TracingConfig } from '../config/tracing-config.ts';
import { createLog, type Log } from '../log/create-log.ts';
import { openLogDestinations } from '../log/open-log-destinations.ts';
import { createMetrics, type Metrics } from '../metrics/create-metrics.ts';
import { metricNames } from '../metrics/metric-names.ts';
import { startSentry, type ErrorTracker } from '../sentry/start-sentry.ts';
import { recordSpans } from '../tracing/span.ts';

export interface TelemetryConfig {
  readonly log: LogConfig;
  readonly sentry: SentryConfig;
  readonly tracing: TracingConfig;
}

export interface TelemetryOptions {
  readonly service: string;
  readonly version: string;
  readonly config: TelemetryConfig;
  /** Tells the log files of one service's processes apart. */
  readonly place?: string;
}

/** What a process says of itself. `close` comes last: it hands on what is still held back; bounded. */
export interface Telemetry {
  readonly log: Log;
  readonly metrics: Metrics;
  readonly errors: ErrorTracker;
  close(): Promise<void>;
}

/** Log, metrics, error tracker and spans of this process. What is not configured is not loaded either. */
export const startTelemetry = async (options: TelemetryOptions): Promise<Telemetry> => {
  const { service, version, config, place } = options;
  const metrics = createMetrics(service);
  metrics
    .gauge(metricNames.buildInfo, '1, labelled with the version that runs', ['version'])
    .set({ version }, 1);
  const errors = await startSentry(service, version, config.sentry);
  const destinations = await openLogDestinations({ service, config: config.log, metrics, place });
  const log = createLog(service, config.log, [...destinations, errors.trail]);
  const dropped = metrics.counter(metricNames.spansDropped, 'Spans the collector did not take');
  const spans =
    config.tracing.endpoint === ''
      ? undefined
      : (await import('../tracing/otlp-recorder.ts')).otlpRecorder({
          service,
          version,
          instance: `${hostname()}-${process.pid}`,
          environment: config.sentry.environment,
          config: config.tracing,
          onDropped: (count) => dropped.inc(count),
        });
  recordSpans(spans?.record);
  return {
    log,
    metrics,
    errors,
    close: async () => {
      recordSpans(undefined);
      await Promise.allSettled([spans?.close(), errors.close()]);
      await Promise.allSettled(destinations.map((destination) => destination.close()));
    },
  };
};
