import { AttemptTimeoutError } from './errors.ts';
import type { Run } from './run.ts';

/** How long a handler may go on after its signal was aborted before its slot is taken from it. */
const abortGraceMs = 1000;
/** Node takes a longer one for no delay at all. */
const longestTimerMs = 2 ** 31 - 1;

/**
 * Nothing of the timeout but its timer is made before it is due: an error with its stack costs as much as all else
 * that is done for a short message.
 * @throws `AttemptTimeoutError` where the handler ran past its limit, whatever it made of its aborted signal.
 */
export const withinLimit = <R>(limitMs: number, run: Run, running: Promise<R>): Promise<R> =>
  new Promise((resolve, reject) => {
    let timeout: AttemptTimeoutError | undefined;
    let timer = setTimeout(
      () => {
        timeout = new AttemptTimeoutError(limitMs);
        run.abort(timeout);
        timer = setTimeout(reject, abortGraceMs, timeout);
      },
      Math.min(limitMs, longestTimerMs),
    );
    running.then(
      (outcome) => {
        clearTimeout(timer);
        if (timeout) reject(timeout);
        else resolve(outcome);
      },
      (error: unknown) => {
        clearTimeout(timer);
        // oxlint-disable-next-line prefer-promise-reject-errors -- the handler's own, whatever it threw
        reject(error);
      },
    );
  });
