import { randomUUID } from 'node:crypto';
import { startSpan, withTrace } from '@backend2/service-kit';
import type { Request, RequestHandler, Response } from 'express';

/** The path's pattern: a name that is not of the caller's making. */
export const routeOf = (response: Response): string =>
  (response.locals as { readonly route?: string }).route ?? 'none';

const requestIdForm = /^[\w.:-]{1,128}$/;
const requestIds = new WeakMap<Request, string>();

/** The caller's `X-Request-Id` where it is one, else drawn; the answer repeats it. */
export const requestIdOf = (request: Request): string => requestIds.get(request) ?? 'unknown';

/** Names the request and makes everything done for it part of the caller's trace. */
export const requestContext: RequestHandler = (request, response, next) => {
  const given = request.get('x-request-id') ?? '';
  const requestId = requestIdForm.test(given) ? given : randomUUID();
  requestIds.set(request, requestId);
  const { method } = request;
  const span = startSpan(method, {
    kind: 'server',
    parent: request.get('traceparent'),
    attributes: { 'http.request.method': method, 'backend2.request_id': requestId },
  });
  response.once('close', () => {
    const route = routeOf(response);
    span.rename(`${method} ${route}`);
    span.set({ 'http.route': route, 'http.response.status_code': response.statusCode });
    if (response.statusCode >= 500) span.fail(new Error(`answered ${response.statusCode}`));
    span.end();
  });
  response.set({ 'x-request-id': requestId, traceparent: span.traceparent });
  withTrace(span.traceparent, next);
};

/** Aborts when the caller is gone before the answer is complete. */
export const goneSignal = (response: Response): AbortSignal => {
  const gone = new AbortController();
  response.once('close', () => {
    if (!response.writableFinished) gone.abort(new DOMException('The caller went away.', 'AbortError'));
  });
  return gone.signal;
};
