import { setTimeout as delay } from 'node:timers/promises';
import { patienceMs } from './patience.ts';

export interface UntilOptions {
  /** Default `patienceMs`. */
  readonly timeoutMs?: number;
  /** Default 20 at first and more with time: a tenth of what was waited, up to 100, as each look costs whom it asks. */
  readonly everyMs?: number;
  /** What is waited for, for the message of the error. */
  readonly what?: string;
}

const timeUp = Symbol('time up');

/**
 * Polls until the condition returns something truthy, and returns that. An error it throws counts as not yet; one that
 * never answers is waited for no longer than any other.
 */
export async function until<T>(
  condition: () => T | Promise<T>,
  { timeoutMs = patienceMs, everyMs, what = 'the condition' }: UntilOptions = {},
): Promise<Exclude<T, false | null | undefined | 0 | ''>> {
  const begun = performance.now();
  const pauseMs = (): number => everyMs ?? Math.min(100, Math.max(20, (performance.now() - begun) / 10));
  const over = new AbortController();
  const deadline = delay(timeoutMs, timeUp, { signal: over.signal });
  deadline.catch(() => undefined); // rejects only once nobody waits for it any more
  let last: unknown;
  try {
    do {
      try {
        const value = await Promise.race([condition(), deadline]);
        if (value !== timeUp && value) return value as Exclude<T, false | null | undefined | 0 | ''>;
        last = value === timeUp ? 'no answer' : value;
      } catch (error) {
        last = error;
      }
    } while ((await Promise.race([delay(pauseMs()), deadline])) !== timeUp);
  } finally {
    over.abort();
  }
  const seen = last instanceof Error ? last.message : String(last);
  throw new Error(`${what} did not come true within ${timeoutMs} ms; last: ${seen}`, { cause: last });
}
