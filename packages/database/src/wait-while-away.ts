import { setTimeout as delay } from 'node:timers/promises';
import { ConnectionError } from 'sequelize';
import { isConnectionLoss } from './database-errors.ts';

export interface WaitOptions {
  readonly withinMs: number;
  /** Told once, when the first attempt failed. */
  readonly onWait: (error: Error) => void;
  /** Ends the wait. */
  readonly stop?: AbortSignal | undefined;
}

const tryEveryMs = 500;

interface Coded {
  readonly code?: string;
  readonly cause?: unknown;
}

/** A login or a database that is not there will not come by waiting. */
const isFinal = (error: Error): boolean => {
  if (!(error instanceof ConnectionError)) return !isConnectionLoss(error);
  const reason: Coded = error.parent;
  const reasons = Array.isArray(reason.cause) ? (reason.cause as readonly Coded[]) : [reason];
  return reasons.some(({ code }) => /^(28|3D)/.test(code ?? ''));
};

/**
 * Runs `work` until a server answers: one that starts, is slow or is being replaced does after a while.
 *
 * @throws the last attempt's error after `withinMs`, or at once where waiting cannot help; the reason of `stop`.
 */
export const waitWhileAway = async <T>(
  work: () => Promise<T>,
  { withinMs, onWait, stop }: WaitOptions,
): Promise<T> => {
  const begun = performance.now();
  for (let attempt = 1; ; attempt += 1) {
    stop?.throwIfAborted();
    try {
      return await work();
    } catch (error) {
      if (!(error instanceof Error) || isFinal(error) || performance.now() - begun > withinMs) throw error;
      if (attempt === 1) onWait(error);
      await delay(tryEveryMs, undefined, { signal: stop }).catch(() => undefined);
    }
  }
};
