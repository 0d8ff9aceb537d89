import CircuitBreaker from 'opossum';
import type { Metrics } from '../metrics/create-metrics.ts';
import { metricNames } from '../metrics/metric-names.ts';

export interface BreakerOptions {
  readonly metrics: Metrics;
  /** Answers true for an error that says nothing about the health of what is called. */
  readonly isExpected?: (error: unknown) => boolean;
  /** Share of failures, in per cent, that opens it. Default 50. */
  readonly errorThresholdPercentage?: number;
  /** Calls within ten seconds below which it stays closed. Default 10. */
  readonly volumeThreshold?: number;
  /** How long it stays open before one call is let through. Default 3,000. */
  readonly resetMs?: number;
}

/** Thrown at once, without a call, while a breaker is open. */
export class BreakerOpenError extends Error {
  readonly retryAfterMs: number;

  constructor(name: string, retryAfterMs: number) {
    super(`${name} failed too often lately and is left alone for a moment`);
    this.name = 'BreakerOpenError';
    this.retryAfterMs = retryAfterMs;
  }
}

/** `call` runs `work` through the breaker. `close` ends its timers. */
export interface Breaker<A extends unknown[], R> {
  readonly name: string;
  readonly open: boolean;
  call(...args: A): Promise<R>;
  close(): void;
}

/** A named opossum breaker around `work`, which keeps its own deadline. */
export const createBreaker = <A extends unknown[], R>(
  name: string,
  work: (...args: A) => Promise<R>,
  options: BreakerOptions,
): Breaker<A, R> => {
  const resetMs = options.resetMs ?? 3000;
  const breaker = new CircuitBreaker(work, {
    name,
    timeout: false,
    errorThresholdPercentage: options.errorThresholdPercentage ?? 50,
    volumeThreshold: options.volumeThreshold ?? 10,
    resetTimeout: resetMs,
    rollingCountTimeout: 10_000,
    errorFilter: (error: unknown) => options.isExpected?.(error) ?? false,
  });
  const open = options.metrics.gauge(metricNames.breakerState, '1 while the breaker is open', ['name']);
  const events = options.metrics.counter(metricNames.breakerEvents, 'Turns of the breaker', [
    'name',
    'event',
  ]);
  open.set({ name }, 0);
  for (const event of ['open', 'halfOpen', 'close', 'reject'] as const) {
    breaker.on(event as 'open', () => {
      events.inc({ name, event });
      if (event !== 'reject') open.set({ name }, event === 'open' ? 1 : 0);
    });
  }
  return {
    name,
    get open() {
      return breaker.opened;
    },
    call: async (...args) => {
      try {
        return await breaker.fire(...args);
      } catch (error) {
        throw (error as { code?: unknown }).code === 'EOPENBREAKER'
          ? new BreakerOpenError(name, resetMs)
          : error;
      }
    },
    close: () => breaker.shutdown(),
  };
};
