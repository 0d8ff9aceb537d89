import { continuedTrace, currentTrace, withTrace } from './trace-context.ts';

export type SpanKind = 'internal' | 'server' | 'client' | 'producer' | 'consumer';
export type SpanAttributes = Readonly<Record<string, string | number | boolean | readonly string[]>>;

export interface SpanOptions {
  readonly kind?: SpanKind;
  /** W3C `traceparent`; the trace in hand's unless given, and a new trace's where there is none. */
  readonly parent?: string | undefined;
  readonly attributes?: SpanAttributes;
  /** Traces that led to this work without being its parent. */
  readonly links?: readonly string[];
}

/** A stretch of work within a trace. It must be ended. */
export interface Span {
  /** Carries the trace on: what is done under it becomes its child. */
  readonly traceparent: string;
  rename(name: string): void;
  set(attributes: SpanAttributes): void;
  /** Marks the work as failed. Nothing but the error's name and message is kept. */
  fail(error: unknown): void;
  end(): void;
}

/** Makes the spans that are sent somewhere. */
export type SpanRecorder = (name: string, options: SpanOptions) => Span;

/** Hands the trace on as it came: a span of its own would be one that nobody has. */
class UnrecordedSpan implements Span {
  readonly traceparent: string;

  constructor(parent: string | undefined) {
    this.traceparent = continuedTrace(parent);
  }

  rename(): void {}
  set(): void {}
  fail(): void {}
  end(): void {}
}

/** Where nobody takes spans the trace travels all the same, so that logs of all services can be joined. */
const unrecorded: SpanRecorder = (_name, { parent }) => new UnrecordedSpan(parent);

let recorder: SpanRecorder = unrecorded;

/** Of this process; undefined ends recording. */
export const recordSpans = (by: SpanRecorder | undefined): void => {
  recorder = by ?? unrecorded;
};

/** Whether spans go anywhere: for work that only a span would need. */
export const spansAreRecorded = (): boolean => recorder !== unrecorded;

export const startSpan = (name: string, options: SpanOptions = {}): Span =>
  recorder(name, options.parent === undefined ? { ...options, parent: currentTrace() } : options);

/** Runs `work` as a span; what it awaits, logs and calls belongs to it. */
export const inSpan = async <T>(
  name: string,
  options: SpanOptions,
  work: (span: Span) => Promise<T>,
): Promise<T> => {
  const span = startSpan(name, options);
  try {
    return await withTrace(span.traceparent, () => work(span));
  } catch (error) {
    span.fail(error);
    throw error;
  } finally {
    span.end();
  }
};
