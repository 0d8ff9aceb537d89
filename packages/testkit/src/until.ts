import { setTimeout as delay } from 'node:timers/promises';

export interface UntilOptions {
  /** Default 10,000. */
  readonly timeoutMs?: number;
  /** Default 20. */
  readonly everyMs?: number;
  /** What is waited for, for the message of the error. */
  readonly what?: string;
}

/** Polls until the condition returns something truthy, and returns that. An error it throws counts as not yet. */
export async function until<T>(
  condition: () => T | Promise<T>,
  { timeoutMs = 10_000, everyMs = 20, what = 'the condition' }: UntilOptions = {},
): Promise<Exclude<T, false | null | undefined | 0 | ''>> {
  const deadline = Date.now() + timeoutMs;
  for (;;) {
    let last: unknown;
    try {
      const value = await condition();
      if (value) return value as Exclude<T, false | null | undefined | 0 | ''>;
      last = value;
    } catch (error) {
      last = error;
    }
    if (Date.now() >= deadline) {
      const seen = last instanceof Error ? last.message : String(last);
      throw new Error(`${what} did not come true within ${timeoutMs} ms; last: ${seen}`, { cause: last });
    }
    await delay(everyMs);
  }
}
