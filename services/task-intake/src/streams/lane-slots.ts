import { heartbeatMs, heartbeats, type Heartbeat, type Lane } from '@backend2/contracts';
import type { Lifecycle, Streams } from '@backend2/streams';

export interface LaneSlots extends Lifecycle {
  /** Slots of the lane's live workers, in all; 0 while none was heard of. */
  slots(lane: Lane): number;
  /** Kinds that live workers can run. */
  kinds(): string[];
  idleMs(): number;
}

/** Beats missed after which a worker counts as gone. */
const missedBeats = 4;

/** What the workers' heartbeats say of their capacity. */
export const laneSlots = (streams: Streams): LaneSlots => {
  const workers = new Map<string, { heardAt: number; work: NonNullable<Heartbeat['work']> }>();
  const subscription = streams.broadcast(heartbeats).subscribe({
    handler: ({ payload }) => {
      if (payload.work === undefined) return;
      if (payload.state === 'stopped') workers.delete(payload.instance);
      else workers.set(payload.instance, { heardAt: performance.now(), work: payload.work });
    },
  });
  const live = (): NonNullable<Heartbeat['work']>[] => {
    const since = performance.now() - missedBeats * heartbeatMs;
    for (const [instance, { heardAt }] of workers) if (heardAt < since) workers.delete(instance);
    return [...workers.values()].map(({ work }) => work);
  };
  return {
    name: 'lane-slots',
    start: () => subscription.start(),
    stop: (hard) => subscription.stop(hard),
    idleMs: () => subscription.idleMs(),
    slots: (lane) => live().reduce((sum, work) => sum + (work.lane === lane ? work.slots : 0), 0),
    kinds: () => [...new Set(live().flatMap((work) => work.kinds))],
  };
};
