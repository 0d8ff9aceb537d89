import type { ConfigSchema } from './load-config.ts';

export interface TracingConfig {
  /** Empty: spans are neither made nor sent; trace ids travel all the same. */
  readonly endpoint: string;
  readonly headers: string[];
  readonly sampleRatio: number;
}

/** The names are OpenTelemetry's own. */
export const tracingConfig: ConfigSchema<TracingConfig> = {
  endpoint: {
    doc: 'OTLP/HTTP collector that spans are sent to; empty: none',
    format: 'webUrlOrNone',
    default: '',
    env: 'OTEL_EXPORTER_OTLP_ENDPOINT',
    sensitive: true,
  },
  headers: {
    doc: 'Headers of these requests: name=value, comma separated',
    format: 'list',
    default: [],
    env: 'OTEL_EXPORTER_OTLP_HEADERS',
    sensitive: true,
  },
  sampleRatio: {
    doc: 'Share of the traces begun here that are sent; a caller who brings a trace decides for it',
    format: 'decimal',
    min: 0,
    max: 1,
    default: 1,
    env: 'OTEL_TRACES_SAMPLER_ARG',
  },
};
