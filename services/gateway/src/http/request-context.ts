import { randomUUID } from 'node:crypto';
import { childTrace, withTrace } from '@backend2/service-kit';
import type { Request, RequestHandler, Response } from 'express';

const requestIdForm = /^[\w.:-]{1,128}$/;
const requestIds = new WeakMap<Request, string>();

/** The caller's `X-Request-Id` where it is one, else drawn; the answer repeats it. */
export const requestIdOf = (request: Request): string => requestIds.get(request) ?? 'unknown';

/** Names the request and makes everything done for it part of the caller's trace. */
export const requestContext: RequestHandler = (request, response, next) => {
  const given = request.get('x-request-id') ?? '';
  const requestId = requestIdForm.test(given) ? given : randomUUID();
  requestIds.set(request, requestId);
  const trace = childTrace(request.get('traceparent'));
  response.set({ 'x-request-id': requestId, traceparent: trace });
  withTrace(trace, next);
};

/** Aborts when the caller is gone before the answer is complete. */
export const goneSignal = (response: Response): AbortSignal => {
  const gone = new AbortController();
  response.once('close', () => {
    if (!response.writableFinished) gone.abort(new DOMException('The caller went away.', 'AbortError'));
  });
  return gone.signal;
};
