import { BatchSpanProcessor, type SpanExporter, type SpanProcessor } from '@opentelemetry/sdk-trace';

const perRequest = 512;

/**
 * Sends spans in batches and counts those that are lost: OpenTelemetry's own processor tells nobody of what did not fit
 * into its queue, nor its exporter of what the collector did not take.
 */
export const countedSpans = (
  exporter: SpanExporter,
  mostWaiting: number,
  onDropped: (spans: number) => void,
): SpanProcessor => {
  let waiting = 0;
  const batches = new BatchSpanProcessor({
    exporter: {
      export: (spans, done) => {
        waiting -= spans.length;
        exporter.export(spans, (result) => {
          const failed: number = result.code;
          if (failed !== 0) onDropped(spans.length);
          done(result);
        });
      },
      forceFlush: async () => exporter.forceFlush?.(),
      shutdown: () => exporter.shutdown(),
    },
    maxQueueSize: mostWaiting,
    maxExportBatchSize: Math.min(perRequest, mostWaiting),
    scheduledDelayMillis: 1000,
    exportTimeoutMillis: 6000,
  });
  return {
    onStart: (span, context) => batches.onStart(span, context),
    onEnd: (span) => {
      if ((span.spanContext().traceFlags & 1) === 0) return;
      if (waiting >= mostWaiting) return onDropped(1);
      waiting += 1;
      batches.onEnd(span);
    },
    forceFlush: () => batches.forceFlush(),
    shutdown: () => batches.shutdown(),
  };
};
