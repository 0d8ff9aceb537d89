import { DomainError } from '@backend2/contracts';
import type { Log } from '@backend2/service-kit';
import type { Request, Response } from 'express';
import { ipKeyGenerator, rateLimit, type RateLimitRequestHandler, type Store } from 'express-rate-limit';
import type { Route } from './route.ts';

export interface RateLimitConfig {
  /** Requests a minute and principal (address, where nobody is signed in); 0 is no limit. */
  readonly perMinute: number;
  readonly artifactsPerMinute: number;
  readonly signInPerMinute: number;
}

export interface RateLimits {
  /** Counts the request, and sets the `RateLimit` headers. @throws DomainError `limited`. */
  take(route: Route, request: Request, response: Response, userId: string | undefined): Promise<void>;
}

const windowMs = 60_000;

/**
 * Shared by all gateways through `store`, made once for each policy. While the store cannot be reached requests pass:
 * a limit is not worth an outage.
 */
export const rateLimits = (
  config: RateLimitConfig,
  store: (policy: string) => Store,
  log: Log,
): RateLimits => {
  const keyOf = (request: Request, userId: string | undefined): string =>
    userId === undefined ? `address:${ipKeyGenerator(request.ip ?? 'unknown')}` : `user:${userId}`;
  const keys = new WeakMap<Request, string>();
  const policy = (name: string, limit: number): RateLimitRequestHandler | undefined =>
    limit === 0
      ? undefined
      : rateLimit({
          windowMs,
          limit,
          identifier: name,
          standardHeaders: 'draft-8',
          legacyHeaders: false,
          passOnStoreError: true,
          store: store(name),
          keyGenerator: (request) => keys.get(request) ?? 'unknown',
          handler: (_request, response) => {
            const seconds = Number(response.getHeader('retry-after') ?? 60);
            throw new DomainError(
              'limited',
              'rate_limited',
              `More than ${limit} requests a minute. Try again in ${seconds} seconds.`,
              { retryAfterSeconds: seconds },
            );
          },
          logger: {
            error: (error: unknown) => log.warn({ err: error }, 'rate limits are not kept'),
            warn: (error: unknown) => log.warn({ err: error }, 'a rate limit is set up oddly'),
          },
        });
  const policies = {
    default: policy('default', config.perMinute),
    artifacts: policy('artifacts', config.artifactsPerMinute),
    'sign-in': policy('sign-in', config.signInPerMinute),
  };
  return {
    take: async (route, request, response, userId) => {
      const limiter = policies[route.limit ?? 'default'];
      if (!limiter) return;
      keys.set(request, keyOf(request, userId));
      await new Promise<void>((resolve, reject) => {
        Promise.resolve(
          limiter(request, response, (error?: unknown) =>
            error === undefined ? resolve() : reject(error as Error),
          ),
        ).catch(reject);
      });
    },
  };
};
