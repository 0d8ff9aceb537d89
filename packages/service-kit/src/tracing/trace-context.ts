import { AsyncLocalStorage } from 'node:async_hooks';
import { randomUUID } from 'node:crypto';

const traceparentForm = /^00-(?!0{32})([\da-f]{32})-(?!0{16})([\da-f]{16})-([\da-f]{2})$/;
const storage = new AsyncLocalStorage<string>();

// Drawn from Node's pool of UUIDs: some ten times cheaper than asking for so few random bytes, once for each message.
const drawTraceId = (): string => randomUUID().replaceAll('-', '');
const drawSpanId = (): string => {
  const uuid = randomUUID();
  return uuid.slice(19, 23) + uuid.slice(24);
};

/** A W3C `traceparent` of a new trace. */
export const newTrace = (): string => `00-${drawTraceId()}-${drawSpanId()}-01`;

export interface TraceParts {
  readonly traceId: string;
  readonly spanId: string;
  readonly sampled: boolean;
}

/** Undefined where it is absent or malformed. */
export const partsOfTrace = (traceparent: string | undefined): TraceParts | undefined => {
  const [, traceId, spanId, flags] = traceparentForm.exec(traceparent ?? '') ?? [];
  if (traceId === undefined || spanId === undefined) return undefined;
  return { traceId, spanId, sampled: (Number.parseInt(flags as string, 16) & 1) === 1 };
};

export const traceIdOf = (traceparent: string | null | undefined): string | undefined =>
  partsOfTrace(traceparent ?? undefined)?.traceId;

/** The trace as it came; a new one where it is absent or malformed. */
export const continuedTrace = (parent: string | undefined): string =>
  parent !== undefined && traceparentForm.test(parent) ? parent : newTrace();

/** Runs `work` and all it awaits as part of the trace, which logs, RPC calls and publishers then carry. */
export const withTrace = <T>(traceparent: string, work: () => T): T => storage.run(traceparent, work);

export const currentTrace = (): string | undefined => storage.getStore();

export const currentTraceId = (): string | undefined => currentTrace()?.slice(3, 35);
