export interface ProgressReporter {
  /** Tells the latest within `everyMs`; what comes between is left out. */
  readonly report: (fraction: number, note?: string) => void;
  /** Nothing is told any more. */
  stop(): void;
}

const everyMs = 700;
const longestNote = 200;

/** Quick work says nothing of its progress: the first word of a run waits as long as any other. */
export const progressReporter = (
  tell: (progress: { fraction: number; note?: string }) => Promise<unknown>,
  onError: (error: unknown) => void,
): ProgressReporter => {
  let latest: { fraction: number; note?: string } | undefined;
  let timer: NodeJS.Timeout | undefined;
  let stopped = false;
  return {
    report: (fraction, note) => {
      if (stopped || Number.isNaN(fraction)) return;
      latest = {
        fraction: Math.min(1, Math.max(0, fraction)),
        ...(note !== undefined && { note: note.slice(0, longestNote) }),
      };
      timer ??= setTimeout(() => {
        timer = undefined;
        if (latest !== undefined) tell(latest).catch(onError);
      }, everyMs);
    },
    stop: () => {
      stopped = true;
      clearTimeout(timer);
    },
  };
};
