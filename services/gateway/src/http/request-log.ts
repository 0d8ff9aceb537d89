import type { Log, Metrics } from '@backend2/service-kit';
import { metricNames } from '@backend2/service-kit';
import type { RequestHandler, Response } from 'express';
import type { Caller } from './authenticate.ts';
import { requestIdOf, routeOf } from './request-context.ts';

interface Noted {
  route?: string;
  userId?: string;
  apiKeyId?: string;
  oauthErrors?: boolean;
}

export const noteRoute =
  (route: string, oauthErrors = false): RequestHandler =>
  (_request, response, next) => {
    Object.assign(response.locals, { route, oauthErrors } satisfies Noted);
    next();
  };

export const wantsOauthErrors = (response: Response): boolean =>
  (response.locals as Noted).oauthErrors === true;

/** Which route a request met and who made it. */
export const noteCaller = (response: Response, { principal, apiKey }: Caller): void => {
  Object.assign(response.locals, {
    userId: principal.userId,
    ...(apiKey && { apiKeyId: apiKey.id }),
  } satisfies Noted);
};

/** One line and one observation a request, when it is over. */
export const requestLog = (log: Log, metrics: Metrics): RequestHandler => {
  const seconds = metrics.histogram(metricNames.http, 'Time to answer an HTTP request', [
    'method',
    'route',
    'status',
  ]);
  const inFlight = metrics.gauge(
    metricNames.httpInFlight,
    'HTTP requests being answered, event streams among them',
  );
  return (request, response, next) => {
    const began = performance.now();
    inFlight.inc();
    response.once('close', () => {
      inFlight.dec();
      const route = routeOf(response);
      const { userId, apiKeyId } = response.locals as Noted;
      const ms = Math.round(performance.now() - began);
      const { method } = request;
      const status = response.writableFinished ? response.statusCode : 499;
      // An event stream's length says nothing of how fast it was answered.
      if (!route.endsWith('/events')) seconds.observe({ method, route, status }, ms / 1000);
      const fields = {
        requestId: requestIdOf(request),
        method,
        route,
        path: request.path,
        status,
        ms,
        userId,
        apiKeyId,
      };
      // Their 503 is an answer: whoever asks acts on it.
      const asked = ['/health', '/livez', '/readyz'].includes(route);
      if (status >= 500 && !asked) log.error(fields, 'request failed');
      else if (method === 'GET' || method === 'HEAD') log.debug(fields, 'request');
      else log.info(fields, 'request');
    });
    next();
  };
};
