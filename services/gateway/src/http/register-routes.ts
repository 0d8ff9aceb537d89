import type { Express, RequestHandler } from 'express';
import { HttpError } from './http-error.ts';
import { noteRoute } from './request-log.ts';
import { routeHandler, type Pipeline } from './route-pipeline.ts';
import type { Route } from './route.ts';

/** Puts routes on the app below `prefix`; other methods of their paths answer 405 with what is allowed. */
export const registerRoutes = (
  app: Express,
  prefix: string,
  routes: readonly Route[],
  pipeline: Pipeline,
): void => {
  const byPath = Map.groupBy(routes, (route) => route.path);
  for (const [path, ofPath] of byPath) {
    const at = app.route(prefix + path);
    for (const route of ofPath)
      at[route.method](noteRoute(path, route.oauthErrors), routeHandler(route, pipeline));
    at.all(noteRoute(path), notAllowed(ofPath));
  }
};

const notAllowed = (routes: readonly Route[]): RequestHandler => {
  const methods = routes.map(({ method }) => method.toUpperCase());
  const allow = [...methods, ...(methods.includes('GET') ? ['HEAD'] : []), 'OPTIONS'].join(', ');
  return (request) => {
    throw new HttpError(405, 'method_not_allowed', `${request.method} is not possible here; ${allow} are.`, {
      headers: { allow },
    });
  };
};
