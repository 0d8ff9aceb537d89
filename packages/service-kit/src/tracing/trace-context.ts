import { AsyncLocalStorage } from 'node:async_hooks';
import { randomBytes } from 'node:crypto';

const traceparentForm = /^00-([\da-f]{32})-([\da-f]{16})-([\da-f]{2})$/;
const storage = new AsyncLocalStorage<string>();

/** A W3C `traceparent` of a new trace. */
export const newTrace = (): string =>
  `00-${randomBytes(16).toString('hex')}-${randomBytes(8).toString('hex')}-01`;

export interface TraceParts {
  readonly traceId: string;
  readonly spanId: string;
  readonly sampled: boolean;
}

/** Undefined where it is absent or malformed. */
export const partsOfTrace = (traceparent: string | undefined): TraceParts | undefined => {
  const [, traceId, spanId, flags] = traceparentForm.exec(traceparent ?? '') ?? [];
  if (traceId === undefined || spanId === undefined || /^0+$/.test(traceId) || /^0+$/.test(spanId))
    return undefined;
  return { traceId, spanId, sampled: (Number.parseInt(flags as string, 16) & 1) === 1 };
};

export const traceIdOf = (traceparent: string | null | undefined): string | undefined =>
  partsOfTrace(traceparent ?? undefined)?.traceId;

/** The same trace, a new span; a new trace where `parent` is absent or malformed. */
export const childTrace = (parent: string | undefined): string => {
  const parts = partsOfTrace(parent);
  if (parts === undefined) return newTrace();
  return `00-${parts.traceId}-${randomBytes(8).toString('hex')}-${parts.sampled ? '01' : '00'}`;
};

/** Runs `work` and all it awaits as part of the trace, which logs, RPC calls and publishers then carry. */
export const withTrace = <T>(traceparent: string, work: () => T): T => storage.run(traceparent, work);

export const currentTrace = (): string | undefined => storage.getStore();

export const currentTraceId = (): string | undefined => currentTrace()?.slice(3, 35);
