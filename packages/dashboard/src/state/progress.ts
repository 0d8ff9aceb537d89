import type { SubtaskCounts } from '@backend2/contracts';

export const settledOf = (counts: SubtaskCounts): number =>
  counts.succeeded + counts.failed + counts.cancelled;

/** Subtasks that were run to an end: what a rate is made of. */
export const finishedOf = (counts: SubtaskCounts): number => counts.succeeded + counts.failed;

export interface RateSample {
  /** Milliseconds of any one clock. */
  readonly at: number;
  readonly finished: number;
}

const windowMs = 60_000;

/** Samples of the last minute and the one before it, oldest first. */
export const addSample = (samples: readonly RateSample[], sample: RateSample): RateSample[] => {
  const last = samples.at(-1);
  if (last !== undefined && sample.finished < last.finished) return [sample]; // a retry took counts back
  const kept = [...samples, sample];
  const firstInside = kept.findIndex(({ at }) => at >= sample.at - windowMs);
  return kept.slice(Math.max(0, firstInside - 1));
};

/** Subtasks a second over the samples, up to `now`; null until there is something to measure. */
export const rateOf = (samples: readonly RateSample[], now: number): number | null => {
  const first = samples[0];
  const last = samples.at(-1);
  if (first === undefined || last === undefined || last.finished === first.finished) return null;
  const seconds = (Math.max(now, last.at) - first.at) / 1000;
  return seconds < 1 ? null : (last.finished - first.finished) / seconds;
};

/** Seconds left at that rate; null without one. */
export const secondsLeft = (counts: SubtaskCounts, rate: number | null): number | null => {
  const open = counts.pending + counts.queued + counts.running;
  return rate === null || rate <= 0 ? null : open / rate;
};
