import { randomUUID } from 'node:crypto';
import { startSpan, withTrace } from '@backend2/service-kit';
import type { Request, RequestHandler, Response } from 'express';

/** The path's pattern: a name that is not of the caller's making. */
export const routeOf = (response: Response): string =>
  (response.locals as { readonly route?: string }).route ?? 'none';

const requestIdForm = /^[\w.:-]{1,128}$/;
const requestIds = new WeakMap<Request, string>();
const gone = new WeakMap<Response, AbortController>();

/** The caller's `X-Request-Id` where it is one, else drawn; the answer repeats it. */
export const requestIdOf = (request: Request): string => requestIds.get(request) ?? 'unknown';

/** Aborts when the caller is gone before the answer is complete. */
export const goneSignal = (response: Response): AbortSignal => {
  const controller = gone.get(response);
  if (!controller) throw new Error('requestContext has not run.');
  return controller.signal;
};

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
  const caller = new AbortController();
  gone.set(response, caller);
  // One listener for both: a pipeline into a response adds seven of its own, and Node warns of the eleventh.
  response.once('close', () => {
    if (!response.writableFinished) caller.abort(new DOMException('The caller went away.', 'AbortError'));
    const route = routeOf(response);
    span.rename(`${method} ${route}`);
    span.set({ 'http.route': route, 'http.response.status_code': response.statusCode });
    if (response.statusCode >= 500) span.fail(new Error(`answered ${response.statusCode}`));
    span.end();
  });
  response.set({ 'x-request-id': requestId, traceparent: span.traceparent });
  withTrace(span.traceparent, next);
};
