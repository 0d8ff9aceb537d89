import type { Lifecycle } from '@backend2/streams';

export interface BackgroundLoop extends Lifecycle {
  /** Resolves after `ms`, or at once when woken or stopped; a wake while it does not sleep ends the next sleep. */
  readonly sleep: (ms: number) => Promise<void>;
  readonly wake: () => void;
  /** To be called at each turn, and while it waits for something else than its sleep. */
  readonly turned: () => void;
  /** Milliseconds since it last turned; large means that it hangs. */
  readonly idleMs: () => number;
}

/** @param run goes round until the signal aborts; it handles its own errors. */
export const backgroundLoop = (name: string, run: (signal: AbortSignal) => Promise<void>): BackgroundLoop => {
  let stopping = new AbortController();
  let running: Promise<void> | undefined;
  let turnedAt = performance.now();
  let woken = false;
  let rouse: (() => void) | undefined;
  const wake = (): void => {
    woken = true;
    rouse?.();
  };
  return {
    name,
    start: async () => {
      stopping = new AbortController();
      running = run(stopping.signal);
    },
    stop: async () => {
      stopping.abort();
      wake();
      await running;
      running = undefined;
    },
    sleep: async (ms) => {
      if (!woken && !stopping.signal.aborted) {
        await new Promise<void>((resolve) => {
          const timer = setTimeout(resolve, ms);
          rouse = () => {
            clearTimeout(timer);
            resolve();
          };
        });
      }
      rouse = undefined;
      woken = false;
    },
    wake,
    turned: () => {
      turnedAt = performance.now();
    },
    idleMs: () => performance.now() - turnedAt,
  };
};
