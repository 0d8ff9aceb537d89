import { AttemptTimeoutError } from './errors.ts';
import type { Run } from './run.ts';

/** How long a handler may go on after its signal was aborted before its slot is taken from it. */
const abortGraceMs = 1000;
/** Node takes a longer one for no delay at all. */
const longestTimerMs = 2 ** 31 - 1;

/**
 * Holds a consumer's runs to their time limits. One timer serves them all, set for the earliest and left as it is when
 * that one ends before: a short message would cost a good part more with a timer of its own.
 */
export class TimeLimits {
  readonly #runs: () => Iterable<Run>;
  readonly #cutOff: (run: Run, timeout: AttemptTimeoutError) => void;
  #timer: NodeJS.Timeout | undefined;
  #lookAt = Number.POSITIVE_INFINITY;

  /**
   * @param runs those that go on.
   * @param cutOff told of a run whose handler did not end when it was aborted.
   */
  constructor(runs: () => Iterable<Run>, cutOff: (run: Run, timeout: AttemptTimeoutError) => void) {
    this.#runs = runs;
    this.#cutOff = cutOff;
  }

  /** A limit below 1 ms, or none that is a number, is one of 1 ms. */
  begin(run: Run, limitMs: number): void {
    run.limitMs = limitMs;
    run.dueAt = run.startedAt + (limitMs > 1 ? limitMs : 1);
    if (run.dueAt < this.#lookAt) this.#lookFrom(run.dueAt);
  }

  stop(): void {
    clearTimeout(this.#timer);
  }

  #lookFrom(at: number): void {
    clearTimeout(this.#timer);
    this.#lookAt = at;
    const waitMs = Math.max(1, Math.ceil(at - performance.now()));
    this.#timer = setTimeout(() => this.#look(), Math.min(waitMs, longestTimerMs));
  }

  #look(): void {
    const now = performance.now();
    this.#lookAt = Number.POSITIVE_INFINITY;
    let next = Number.POSITIVE_INFINITY;
    for (const run of this.#runs()) {
      // What one aborted may have ended another.
      if (run.concluded) continue;
      if (run.dueAt <= now) this.#timeUp(run, now);
      next = Math.min(next, run.dueAt);
    }
    if (next < this.#lookAt) this.#lookFrom(next);
  }

  #timeUp(run: Run, now: number): void {
    if (run.timeout) {
      run.dueAt = Number.POSITIVE_INFINITY;
      this.#cutOff(run, run.timeout);
      return;
    }
    run.timeout = new AttemptTimeoutError(run.limitMs);
    run.dueAt = now + abortGraceMs;
    run.abort(run.timeout);
  }
}
