import type { Log } from '@backend2/service-kit';
import type { ErrorRequestHandler, RequestHandler } from 'express';
import { HttpError } from './http-error.ts';
import { sendOauthError } from './oauth-error.ts';
import { problemOf } from './problem-of.ts';
import { requestIdOf } from './request-context.ts';
import { wantsOauthErrors } from './request-log.ts';

/** Whatever no route met. */
export const unknownRoute: RequestHandler = (request) => {
  throw new HttpError(
    404,
    'unknown_route',
    `There is nothing at ${request.method} ${request.path}. /docs lists what there is.`,
  );
};

/** Every error leaves as `application/problem+json`. */
export const errorHandler =
  (log: Log, onUnexpected: (error: unknown) => void): ErrorRequestHandler =>
  (error: unknown, request, response, _next) => {
    const requestId = requestIdOf(request);
    if (response.destroyed) return;
    const { body, headers, unexpected } = problemOf(error, requestId);
    if (unexpected) {
      log.error({ err: error, requestId }, 'unexpected error');
      onUnexpected(error);
    }
    // The status is out already: all that is left is to show that the answer is not whole.
    if (response.headersSent) return void response.destroy();
    for (const name of ofTheAnswer) response.removeHeader(name);
    response.status(body.status).set(headers).set('cache-control', 'no-store');
    if (wantsOauthErrors(response)) return sendOauthError(response, body);
    response.type('application/problem+json').send(JSON.stringify(body));
  };

/** What a route may have said of an answer that was not to be. */
const ofTheAnswer = ['content-disposition', 'content-length', 'content-range', 'etag', 'location'];
