import { DomainError } from '@backend2/contracts';
import type { Log } from '@backend2/service-kit';
import type { Request } from 'express';
import { ipKeyGenerator, type Store } from 'express-rate-limit';

/** Slows an address down that sends one wrong credential after another. */
export interface RefusedCredentials {
  /**
   * Counts one that is wrong, or that auth has to be asked about; what it resolves with takes that back.
   *
   * @throws DomainError `limited` where the address has sent too many within the minute.
   */
  suspect(request: Request): Promise<() => Promise<void>>;
}

const nothing = async (): Promise<void> => undefined;

/** Shared by all gateways through `store`. While that cannot be reached nobody is slowed. */
export const refusedCredentials = (perMinute: number, store: Store, log: Log): RefusedCredentials => ({
  suspect: async (request) => {
    if (perMinute === 0) return nothing;
    const key = `address:${ipKeyGenerator(request.ip ?? 'unknown')}`;
    const counted = await Promise.resolve(store.increment(key)).catch((error: unknown) => {
      log.warn({ err: error }, 'refused credentials are not counted');
      return undefined;
    });
    if (counted === undefined) return nothing;
    if (counted.totalHits > perMinute) {
      const leftMs = (counted.resetTime?.getTime() ?? Date.now()) - Date.now();
      const retryAfterSeconds = Math.max(1, Math.ceil(leftMs / 1000));
      throw new DomainError(
        'limited',
        'rate_limited',
        `Too many wrong credentials came from this address. Try again in ${retryAfterSeconds} seconds.`,
        { retryAfterSeconds },
      );
    }
    return async () => {
      await Promise.resolve(store.decrement(key)).catch((error: unknown) => {
        log.warn({ err: error }, 'refused credentials are not counted');
      });
    };
  },
});
