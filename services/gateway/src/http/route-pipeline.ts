import { notFound, parseInput } from '@backend2/contracts';
import type { Request, RequestHandler } from 'express';
import type { AuditTrail } from './audit-trail.ts';
import type { Authenticate, Caller } from './authenticate.ts';
import { authorize } from './authorize.ts';
import type { Idempotency } from './idempotency.ts';
import { parseQuery } from './parse-query.ts';
import type { BodyReader } from './read-body.ts';
import type { RateLimits } from './rate-limits.ts';
import { goneSignal } from './request-context.ts';
import { noteCaller } from './request-log.ts';
import { changesSomething, type Call, type Route } from './route.ts';

export interface Pipeline {
  readonly authenticate: Authenticate;
  readonly readBody: BodyReader;
  readonly limits: RateLimits;
  readonly idempotency: Idempotency;
  readonly audit: AuditTrail;
}

/**
 * A route as Express runs it: who asks, how often, what of it is sound, then the work. Nobody's body is read before
 * it is known whose it is.
 */
export const routeHandler =
  (route: Route, { authenticate, readBody, limits, idempotency, audit }: Pipeline): RequestHandler =>
  async (request, response) => {
    const caller = route.access === 'public' ? undefined : await authenticate(route, request);
    if (caller) noteCaller(response, caller);
    await limits.take(route, request, response, caller?.principal.userId);
    try {
      if (caller) authorize(route, caller);
    } catch (error) {
      if (caller && changesSomething(route)) await audit.denied(route, request, caller, error);
      throw error;
    }
    const params = parseParams(route, request);
    const query = route.query ? parseQuery(route.query, request.query, route.openQuery) : {};
    const body = route.body ? parseInput(route.body, await readBody(route, request, response)) : undefined;
    const call: Call<unknown, unknown, unknown> = {
      request,
      response,
      params,
      query,
      body,
      // Public routes have none, and do not look at it.
      ...(caller as Caller),
      signal: goneSignal(response),
    };
    const handle = changesSomething(route)
      ? () => audit.follow(route, call, caller, () => route.handle(call))
      : () => route.handle(call);
    const work = async (): Promise<void> => answer(route, call, await handle());
    if (route.idempotent && caller) await idempotency.run(route, call, work);
    else await work();
  };

const parseParams = (route: Route, request: Request): unknown => {
  if (!route.params) return {};
  const parsed = route.params.safeParse(request.params);
  if (parsed.success) return parsed.data;
  throw notFound(route.tag.replace(/s$/, ''));
};

const answer = (route: Route, { response }: Call<unknown, unknown, unknown>, result: unknown): void => {
  if (response.headersSent || response.writableEnded || response.destroyed) return;
  response.status(route.answer.status);
  if (!response.get('cache-control')) response.set('cache-control', 'private, no-cache');
  if (route.answer.schema) response.json(result);
  else response.end();
};
