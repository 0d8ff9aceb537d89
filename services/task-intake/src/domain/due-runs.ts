import { maxMissedRuns, type MissedRunPolicy } from '@backend2/contracts';
import type { CronTimes } from './cron-times.ts';

export interface DueRuns {
  /** To be submitted now, the earliest first. */
  readonly run: readonly Date[];
  readonly next: Date | null;
}

/** A run this late was held up; a later one was missed. */
const onTimeMs = 60_000;

/** What is due of a schedule whose next run was to be at `from`, which is not after `now`. */
export const dueRuns = (times: CronTimes, from: Date, now: Date, policy: MissedRunPolicy): DueRuns => {
  const justAfter = new Date(now.getTime() + 1);
  const due = times.previous(justAfter, maxMissedRuns).filter((at) => at >= from);
  const onTime = due.filter((at) => now.getTime() - at.getTime() <= onTimeMs);
  const [next = null] = times.next(now, 1);
  return { run: chosen(policy, due, onTime).toReversed(), next };
};

/** Both lists have the latest first. */
const chosen = (policy: MissedRunPolicy, due: readonly Date[], onTime: readonly Date[]): readonly Date[] => {
  switch (policy) {
    case 'skip':
      return onTime;
    case 'once':
      return due.slice(0, 1);
    case 'all':
      return due;
  }
};
