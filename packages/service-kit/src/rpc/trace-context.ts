import { AsyncLocalStorage } from 'node:async_hooks';
import { randomBytes } from 'node:crypto';

const traceparentForm = /^00-([\da-f]{32})-([\da-f]{16})-([\da-f]{2})$/;
const storage = new AsyncLocalStorage<string>();

/** A W3C `traceparent` of a new trace. */
export const newTrace = (): string =>
  `00-${randomBytes(16).toString('hex')}-${randomBytes(8).toString('hex')}-01`;

/** The same trace, a new span; a new trace where `parent` is absent or malformed. */
export const childTrace = (parent: string | undefined): string => {
  const [, traceId, , flags] = traceparentForm.exec(parent ?? '') ?? [];
  if (traceId === undefined || /^0+$/.test(traceId)) return newTrace();
  return `00-${traceId}-${randomBytes(8).toString('hex')}-${flags}`;
};

/** Runs `work` and all it awaits as part of the trace, which logs, RPC calls and publishers then carry. */
export const withTrace = <T>(traceparent: string, work: () => T): T => storage.run(traceparent, work);

export const currentTrace = (): string | undefined => storage.getStore();

export const currentTraceId = (): string | undefined => currentTrace()?.slice(3, 35);
