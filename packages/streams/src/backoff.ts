import type { Backoff } from './types.ts';

export const defaultBackoff: Backoff = { baseMs: 1000, maxMs: 60_000 };

/** Full jitter: evenly drawn from nothing to a ceiling that doubles with each attempt. */
export const backoffMs = ({ baseMs, maxMs }: Backoff, attempt: number): number =>
  Math.floor(Math.random() * (Math.min(maxMs, baseMs * 2 ** Math.min(attempt - 1, 30)) + 1));
