export interface Wakeable {
  /** Resolves after `ms`, or at once when woken; a wake while nobody sleeps ends the next sleep. */
  sleep(ms: number): Promise<void>;
  readonly wake: () => void;
}

export const wakeable = (): Wakeable => {
  let woken = false;
  let rouse: (() => void) | undefined;
  return {
    sleep: async (ms) => {
      if (!woken) {
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
    wake: () => {
      woken = true;
      rouse?.();
    },
  };
};
