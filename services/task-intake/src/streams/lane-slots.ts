import { heartbeatMs, heartbeats, type Heartbeat, type Lane } from '@backend2/contracts';
import type { Lifecycle, Streams } from '@backend2/streams';

export interface LaneSlots extends Lifecycle {
  /** Slots of the lane's live workers, in all; 0 while none was heard of. */
  slots(lane: Lane): number;
  /** What each live worker process of the lane said last. */
  work(lane: Lane): NonNullable<Heartbeat['work']>[];
  idleMs(): number;
}

/** Beats missed after which a worker counts as gone. */
const missedBeats = 4;

export interface LaneSlotsOptions {
  readonly streams: Streams;
  /** Told after each beat of one of the lane's workers. */
  readonly onBeat: (lane: Lane) => void;
}

/** What the workers' heartbeats say of their capacity. */
export const laneSlots = ({ streams, onBeat }: LaneSlotsOptions): LaneSlots => {
  const workers = new Map<string, { heardAt: number; work: NonNullable<Heartbeat['work']> }>();
  const subscription = streams.broadcast(heartbeats).subscribe({
    handler: ({ payload }) => {
      if (payload.work === undefined) return;
      if (payload.state === 'stopped') workers.delete(payload.instance);
      else {
        workers.set(payload.instance, { heardAt: performance.now(), work: payload.work });
        onBeat(payload.work.lane);
      }
    },
  });
  const live = (lane: Lane): NonNullable<Heartbeat['work']>[] => {
    const since = performance.now() - missedBeats * heartbeatMs;
    for (const [instance, { heardAt }] of workers) if (heardAt < since) workers.delete(instance);
    return [...workers.values()].map(({ work }) => work).filter((work) => work.lane === lane);
  };
  return {
    name: 'lane-slots',
    start: () => subscription.start(),
    stop: (hard) => subscription.stop(hard),
    idleMs: () => subscription.idleMs(),
    slots: (lane) => live(lane).reduce((sum, work) => sum + work.slots, 0),
    work: live,
  };
};
