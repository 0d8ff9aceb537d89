import { notFound, parseInput, type Principal } from '@backend2/contracts';
import type { AccessClaims } from '@backend2/service-kit';
import type { Request, RequestHandler } from 'express';
import type { Authenticate } from './authenticate.ts';
import type { Idempotency } from './idempotency.ts';
import { parseQuery } from './parse-query.ts';
import type { BodyReader } from './read-body.ts';
import type { RateLimits } from './rate-limits.ts';
import { goneSignal } from './request-context.ts';
import { noteCaller } from './request-log.ts';
import type { Call, Route } from './route.ts';

export interface Pipeline {
  readonly authenticate: Authenticate;
  readonly readBody: BodyReader;
  readonly limits: RateLimits;
  readonly idempotency: Idempotency;
}

/**
 * A route as Express runs it: who asks, how often, what of it is sound, then the work. Nobody's body is read before
 * it is known whose it is.
 */
export const routeHandler =
  (route: Route, { authenticate, readBody, limits, idempotency }: Pipeline): RequestHandler =>
  async (request, response) => {
    const who = route.access === 'public' ? undefined : authenticate(route, request);
    if (who) noteCaller(response, who.claims.userId);
    await limits.take(route, request, response, who?.claims.userId);
    const params = parseParams(route, request);
    const query = route.query ? parseQuery(route.query, request.query, route.openQuery) : {};
    const body = route.body ? parseInput(route.body, await readBody(route, request, response)) : undefined;
    const call: Call<unknown, unknown, unknown> = {
      request,
      response,
      params,
      query,
      body,
      // Public routes have neither, and do not look at them.
      principal: principalOf(who?.claims),
      claims: who?.claims as AccessClaims,
      signal: goneSignal(response),
    };
    if (route.idempotent && who) await idempotency.run(route, call, () => answer(route, call));
    else await answer(route, call);
  };

const principalOf = (claims: AccessClaims | undefined): Principal =>
  (claims && { userId: claims.userId, role: claims.role }) as Principal;

const parseParams = (route: Route, request: Request): unknown => {
  if (!route.params) return {};
  const parsed = route.params.safeParse(request.params);
  if (parsed.success) return parsed.data;
  throw notFound(route.tag.replace(/s$/, ''));
};

const answer = async (route: Route, call: Call<unknown, unknown, unknown>): Promise<void> => {
  const { response } = call;
  const result = await route.handle(call);
  if (response.headersSent || response.writableEnded || response.destroyed) return;
  response.status(route.answer.status);
  if (!response.get('cache-control')) response.set('cache-control', 'private, no-cache');
  if (route.answer.schema) response.json(result);
  else response.end();
};
