import {
  ROOT_CONTEXT,
  SpanKind as OtelKind,
  SpanStatusCode,
  trace,
  type Attributes,
  type SpanContext,
} from '@opentelemetry/api';
import { OTLPTraceExporter } from '@opentelemetry/exporter-trace-otlp-http';
import { resourceFromAttributes } from '@opentelemetry/resources';
import { ParentBasedSampler, TraceIdRatioBasedSampler, TracerProvider } from '@opentelemetry/sdk-trace';
import { DomainError } from '@backend2/contracts';
import type { TracingConfig } from '../config/tracing-config.ts';
import { redactText } from '../log/redact.ts';
import { countedSpans } from './counted-spans.ts';
import type { SpanAttributes, SpanKind, SpanRecorder } from './span.ts';
import { partsOfTrace } from './trace-context.ts';

export interface OtlpRecorder {
  readonly record: SpanRecorder;
  close(): Promise<void>;
}

export interface OtlpRecorderOptions {
  readonly service: string;
  readonly version: string;
  readonly instance: string;
  readonly environment: string;
  readonly config: TracingConfig;
  /** Spans held while the collector is slow or away; what comes beyond is dropped. Default 4,096. */
  readonly mostWaiting?: number;
  readonly onDropped: (spans: number) => void;
}

const kinds: Readonly<Record<SpanKind, OtelKind>> = {
  internal: OtelKind.INTERNAL,
  server: OtelKind.SERVER,
  client: OtelKind.CLIENT,
  producer: OtelKind.PRODUCER,
  consumer: OtelKind.CONSUMER,
};
const linksKept = 64;

const contextOf = (traceparent: string | undefined): SpanContext | undefined => {
  const parts = partsOfTrace(traceparent);
  return parts && { ...parts, traceFlags: parts.sampled ? 1 : 0, isRemote: true };
};

const traceparentOf = ({ traceId, spanId, traceFlags }: SpanContext): string =>
  `00-${traceId}-${spanId}-${traceFlags & 1 ? '01' : '00'}`;

const headersOf = (items: readonly string[]): Record<string, string> =>
  Object.fromEntries(
    items.map((item) => {
      const at = item.indexOf('=');
      return [item.slice(0, at).trim(), decodeURIComponent(item.slice(at + 1).trim())];
    }),
  );

const writable = (attributes: SpanAttributes) => attributes as Attributes;

/** Spans by OpenTelemetry's own SDK, sent by OTLP over HTTP. Loaded only where a collector is named. */
export const otlpRecorder = (options: OtlpRecorderOptions): OtlpRecorder => {
  const { service, version, instance, environment, config, mostWaiting = 4096, onDropped } = options;
  const exporter = new OTLPTraceExporter({
    url: `${config.endpoint.replace(/\/$/, '')}/v1/traces`,
    headers: headersOf(config.headers),
    timeoutMillis: 5000,
  });
  const provider = new TracerProvider({
    resource: resourceFromAttributes({
      'service.name': service,
      'service.namespace': 'backend2',
      'service.version': version,
      'service.instance.id': instance,
      'deployment.environment.name': environment,
    }),
    sampler: new ParentBasedSampler({ root: new TraceIdRatioBasedSampler(config.sampleRatio) }),
    spanProcessors: [countedSpans(exporter, mostWaiting, onDropped)],
  });
  const tracer = provider.getTracer('backend2', version);

  const record: SpanRecorder = (name, { kind = 'internal', parent, attributes, links = [] }) => {
    const above = contextOf(parent);
    const span = tracer.startSpan(
      name,
      {
        kind: kinds[kind],
        attributes: attributes === undefined ? {} : writable(attributes),
        links: links
          .slice(0, linksKept)
          .map(contextOf)
          .filter((context) => context !== undefined)
          .map((context) => ({ context })),
      },
      above ? trace.setSpanContext(ROOT_CONTEXT, above) : ROOT_CONTEXT,
    );
    return {
      traceparent: traceparentOf(span.spanContext()),
      rename: (to) => void span.updateName(to),
      set: (more) => void span.setAttributes(writable(more)),
      fail: (error) => {
        // Expected: it answers the caller and is no fault of the work.
        if (error instanceof DomainError && error.kind !== 'unavailable')
          return void span.setAttribute('backend2.refusal', error.code);
        const message = redactText(error instanceof Error ? error.message : String(error));
        const type = error instanceof Error ? error.name : 'Error';
        span.setStatus({ code: SpanStatusCode.ERROR, message });
        span.addEvent('exception', { 'exception.type': type, 'exception.message': message });
      },
      end: () => span.end(),
    };
  };
  // What the last request could not bring over was counted.
  const close = () => provider.shutdown().catch(() => undefined);
  return { record, close };
};
