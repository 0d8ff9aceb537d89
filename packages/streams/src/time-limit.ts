import { AttemptTimeoutError } from './errors.ts';
import type { Run } from './run.ts';

/** How long a handler may go on after its signal was aborted before its slot is taken from it. */
const abortGraceMs = 1000;
/** Node takes a longer one for no delay at all. */
const longestTimerMs = 2 ** 31 - 1;

/** @throws `AttemptTimeoutError` where the handler ran past its limit, whatever it made of its aborted signal. */
export const withinLimit = async <R>(limitMs: number, run: Run, running: Promise<R>): Promise<R> => {
  const timeout = new AttemptTimeoutError(limitMs);
  let timer: NodeJS.Timeout | undefined;
  let timedOut = false;
  const late = new Promise<never>((_, reject) => {
    timer = setTimeout(
      () => {
        timedOut = true;
        run.abort(timeout);
        timer = setTimeout(reject, abortGraceMs, timeout);
      },
      Math.min(limitMs, longestTimerMs),
    );
  });
  try {
    const outcome = await Promise.race([running, late]);
    if (timedOut) throw timeout;
    return outcome;
  } finally {
    clearTimeout(timer);
  }
};
