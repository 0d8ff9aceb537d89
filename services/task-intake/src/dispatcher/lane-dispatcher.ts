import { laneTopics, workersGroup, type Lane, type SubtaskChange } from '@backend2/contracts';
import type { Log, Metrics } from '@backend2/service-kit';
import { metricNames, traceIdOf } from '@backend2/service-kit';
import type { Lifecycle, Streams } from '@backend2/streams';
import type { Claimed, DispatchStore } from '../adapters/postgres-dispatch-store.ts';
import type { HeldLock, LaneLock } from '../adapters/postgres-lane-lock.ts';
import type { TaskRow } from '../adapters/task-rows.ts';
import { DecayingRate } from '../domain/decaying-rate.ts';
import { FairShare } from '../domain/fair-share.ts';
import { isLow, laneWindow } from '../domain/lane-window.ts';
import type { TaskEventPublisher } from '../events/task-event-publisher.ts';
import type { LaneHold } from './lane-hold.ts';
import { Doubts } from './doubts.ts';
import { publishJobs } from './publish-jobs.ts';
import { reconcileLane } from './reconcile-lane.ts';
import { backgroundLoop } from '../background-loop.ts';

export interface LaneDispatcherOptions {
  readonly lane: Lane;
  readonly store: DispatchStore;
  readonly lock: LaneLock;
  readonly streams: Streams;
  readonly events: TaskEventPublisher;
  /** Slots of the lane's live workers. */
  readonly slots: () => number;
  readonly hold: LaneHold;
  readonly log: Log;
  readonly metrics: Metrics;
}

export interface LaneDispatcher extends Lifecycle {
  /** Something changed: look now rather than at the next tick. */
  readonly wake: () => void;
  /** So many of the lane's runs ended: look now if that leaves it low. */
  progressed(ended: number): void;
  /** Redis may have lost what was in it: compare the books before dispatching on. */
  reconcile(): void;
  /** Milliseconds since its loop last turned. */
  idleMs(): number;
}

/** How often it looks without being woken: tasks fall due by the clock, and others record what drains the lane. */
const tickMs = 100;
/** The same where nothing waits: only what falls due by the clock comes without a word. */
const idleTickMs = 500;
const failureMs = 1000;
/** The rate is taken for the higher of two: one that is known soon, lest quick jobs wait, and one that outlasts a pause. */
const rateHalfLivesMs = [500, 3000];
/** Tasks of one owner that share their part at a time, by priority and again by age. */
const tasksPerOwner = 16;

/**
 * Keeps a lane's stream topped up to its window, fairly between owners and tasks. One is active in the whole
 * system; others wait for its lock. Cells are marked in Postgres before they are published, so a crash in
 * between is found by `reconcileLane` and nothing is ever published that the books do not know.
 */
export const laneDispatcher = (options: LaneDispatcherOptions): LaneDispatcher => {
  const { lane, store, lock, streams, events, slots, hold, metrics } = options;
  const log = options.log.child({ lane });
  const share = new FairShare();
  const rates = rateHalfLivesMs.map((halfLifeMs) => new DecayingRate(halfLifeMs));
  const dispatched = metrics.counter(metricNames.dispatched, 'Subtasks put on the lane', ['lane']);
  const renewed = metrics.counter(metricNames.renewed, 'Subtasks begun anew because Redis had lost them', [
    'lane',
  ]);
  const leading = metrics.gauge(metricNames.dispatcherActive, '1 in the process that dispatches the lane', [
    'lane',
  ]);
  const turns = metrics.histogram(
    metricNames.dispatchTurn,
    'Seconds to claim and publish a batch of subtasks',
    ['lane'],
  );
  const failures = metrics.counter(
    metricNames.dispatchFailures,
    'Times that dispatching failed and began anew',
    ['lane'],
  );
  failures.inc({ lane }, 0);
  const windowSize = metrics.gauge(metricNames.laneWindow, 'Entries the lane is kept topped up to', ['lane']);
  const doubts = new Doubts();
  let changed = true;
  /** Entries on the lane, as far as was heard since the last look, and what it is kept topped up to. */
  let known = { length: 0, window: 0, slots: 0 };
  /** Nothing waited at the last look, so that a lane that runs low is no reason for another. */
  let noneWaits = false;

  const announce = async (claimed: readonly Claimed[], tasks: readonly TaskRow[]): Promise<void> => {
    const changes = new Map<string, { ownerId: string; changes: SubtaskChange[] }>();
    for (const { task, runs } of claimed) {
      if (runs.length === 0) continue;
      changes.set(task.id, {
        ownerId: task.owner_id,
        changes: runs.map(({ ordinal }) => ({
          ordinal,
          state: 'queued',
          attempt: 0,
          error: null,
          artifacts: [],
        })),
      });
    }
    await events.publish(tasks, changes);
  };

  const compareBooks = async (): Promise<void> => {
    const lost = await reconcileLane(lane, streams, store);
    const count = await publishJobs(lane, streams, lost);
    if (count > 0) {
      renewed.inc({ lane }, count);
      log.warn({ count }, 'subtasks that Redis no longer held were begun anew');
      await announce(lost, []);
    }
  };

  const hasRunLow = (): boolean => isLow(known.length, known.window, known.slots);

  /** Answers whether there may be more to do at once. */
  const turn = async (): Promise<boolean> => {
    const { length } = await streams.inspect(laneTopics[lane], workersGroup);
    const liveSlots = slots();
    const perSecond = Math.max(...rates.map((rate) => rate.perSecond));
    const window = laneWindow(liveSlots, perSecond);
    windowSize.set({ lane }, window);
    known = { length, window, slots: liveSlots };
    if (!hasRunLow()) return false;
    const candidates = await store.candidates(lane, tasksPerOwner);
    noneWaits = candidates.length === 0;
    if (noneWaits) return false;
    const end = turns.startTimer({ lane });
    const plan = share.plan(candidates, window - length);
    const { claimed, tasks, count } = await doubts.risk(async () => {
      const marked = await store.claim(plan);
      return { ...marked, count: await publishJobs(lane, streams, marked.claimed) };
    });
    known.length += count;
    for (const rate of rates) rate.add(count);
    for (const { task, runs } of claimed) {
      if (runs.length > 0)
        log.debug(
          { taskId: task.id, count: runs.length, traceId: traceIdOf(task.trace) },
          'subtasks dispatched',
        );
    }
    dispatched.inc({ lane }, count);
    await announce(claimed, tasks);
    end();
    return count > 0 && hasRunLow();
  };

  const advance = async (): Promise<boolean> => {
    if (doubts.standing) await doubts.settle(compareBooks);
    return turn();
  };

  const lead = async (held: HeldLock, signal: AbortSignal): Promise<void> => {
    let lost = false;
    void held.lost.then(() => {
      lost = true;
      loop.wake();
    });
    doubts.raise();
    hold.doubt();
    let isPaused = false;
    let checkedAt = Number.NEGATIVE_INFINITY;
    while (!lost && !signal.aborted) {
      loop.turned();
      if (changed || performance.now() - checkedAt >= tickMs) {
        changed = false;
        checkedAt = performance.now();
        isPaused = await hold.check();
      }
      if (!isPaused && (await advance())) continue;
      await loop.sleep(noneWaits ? idleTickMs : tickMs);
    }
    if (lost && !signal.aborted) log.warn({}, 'the dispatcher lost its lock: its database connection ended');
  };

  const run = async (signal: AbortSignal): Promise<void> => {
    while (!signal.aborted) {
      let held: HeldLock | undefined;
      try {
        const waiting = setInterval(loop.turned, 1000);
        try {
          held = await lock.acquire(lane, wake, signal);
        } finally {
          clearInterval(waiting);
        }
        leading.set({ lane }, 1);
        log.info({}, 'dispatching');
        await lead(held, signal);
      } catch (error) {
        if (!signal.aborted) {
          failures.inc({ lane });
          log.warn({ err: error }, 'dispatching failed; it goes on in a moment');
          await loop.sleep(failureMs);
        }
      } finally {
        leading.set({ lane }, 0);
        await held?.release();
      }
    }
  };

  const loop = backgroundLoop(`dispatcher-${lane}`, run);
  const wake = (): void => {
    changed = true;
    noneWaits = false;
    loop.wake();
  };
  return {
    ...loop,
    wake,
    progressed: (ended) => {
      known.length -= ended;
      if (!noneWaits && hasRunLow()) loop.wake();
    },
    reconcile: () => {
      doubts.raise();
      hold.doubt();
      wake();
    },
  };
};
