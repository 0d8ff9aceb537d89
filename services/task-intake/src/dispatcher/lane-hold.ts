import type { ControlMessage, Lane } from '@backend2/contracts';
import { metricNames, type Log, type Metrics } from '@backend2/service-kit';

export interface LaneHoldOptions {
  readonly lane: Lane;
  readonly isPaused: (lane: Lane) => Promise<boolean>;
  /** To every process. */
  readonly order: (message: ControlMessage) => Promise<unknown>;
  readonly log: Log;
  readonly metrics: Metrics;
}

export interface LaneHold {
  /** Whether the lane is paused by the books; its workers are told first where they may not know. */
  check(): Promise<boolean>;
  /** What the workers were told may be lost, or was told by another. */
  doubt(): void;
}

/** A worker that starts after an order was trimmed away learns of the pause within this time. */
const repeatMs = 5000;

/**
 * Holds a lane's workers to what Postgres says. Only the lane's active dispatcher tells them, and it tells them the
 * present state whenever it takes over, so an order that died with its writer is given all the same.
 */
export const laneHold = ({ lane, isPaused, order, log, metrics }: LaneHoldOptions): LaneHold => {
  const held = metrics.gauge(
    metricNames.lanePaused,
    '1 while the lane is paused, from the process that dispatches it',
    ['lane'],
  );
  held.set({ lane }, 0);
  let told: { readonly paused: boolean; readonly at: number } | undefined;
  return {
    check: async () => {
      const paused = await isPaused(lane);
      held.set({ lane }, paused ? 1 : 0);
      const now = performance.now();
      if (told?.paused === paused && !(paused && now - told.at > repeatMs)) return paused;
      await order({ type: 'lane', lane, paused });
      if (told?.paused !== paused) log.info({ paused }, 'the lane is held or let go');
      told = { paused, at: now };
      return paused;
    },
    doubt: () => {
      told = undefined;
    },
  };
};
