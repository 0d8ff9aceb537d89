import type { HttpSink } from '@backend2/testkit';

export interface SentSpan {
  readonly service: string;
  readonly traceId: string;
  readonly spanId: string;
  readonly parentSpanId?: string;
  readonly name: string;
}

interface OtlpTraces {
  readonly resourceSpans: readonly {
    readonly resource: {
      readonly attributes: readonly {
        readonly key: string;
        readonly value: { readonly stringValue?: string };
      }[];
    };
    readonly scopeSpans: readonly { readonly spans: readonly Omit<SentSpan, 'service'>[] }[];
  }[];
}

/** What a collector was sent by OTLP. */
export const spansSent = ({ requests }: Pick<HttpSink, 'requests'>): SentSpan[] =>
  requests.flatMap(({ body }) =>
    (JSON.parse(body) as OtlpTraces).resourceSpans.flatMap(({ resource, scopeSpans }) => {
      const named = resource.attributes.find(({ key }) => key === 'service.name');
      const service = named?.value.stringValue ?? '';
      return scopeSpans.flatMap(({ spans }) => spans.map((span) => ({ ...span, service })));
    }),
  );

/** The span and what led to it, up to the first of the trace that was sent. */
export const pathTo = (spans: readonly SentSpan[], spanId: string): string[] => {
  const span = spans.find((each) => each.spanId === spanId);
  if (span === undefined) return [];
  return [...pathTo(spans, span.parentSpanId ?? ''), `${span.service}: ${span.name}`];
};
