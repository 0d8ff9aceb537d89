import type { Heartbeat, Lane } from '@backend2/contracts';
import type { Log, Service } from '@backend2/service-kit';
import type { KindOffers, LaneStore } from '../adapters/postgres-lane-store.ts';

export interface LaneKinds extends Service {
  /** By kind, the inputs that are costly to switch: what the lane's live workers say, or the last ones said. */
  of(lane: Lane): KindOffers;
  /** To be called after a beat of one of the lane's workers. */
  heard(lane: Lane): void;
}

export interface LaneKindsOptions {
  readonly store: LaneStore;
  readonly work: (lane: Lane) => NonNullable<Heartbeat['work']>[];
  readonly log: Log;
}

/** Remembers what each lane can run, so that it is known too while the lane is scaled to nothing. */
export const laneKinds = ({ store, work, log }: LaneKindsOptions): LaneKinds => {
  const known = new Map<Lane, KindOffers>();
  let saving = Promise.resolve();

  const heard = (lane: Lane): void => {
    const offers = offersOf(work(lane));
    if (Object.keys(offers).length === 0 || JSON.stringify(offers) === JSON.stringify(known.get(lane)))
      return;
    known.set(lane, offers);
    saving = saving
      .then(() => store.saveKinds(lane, offers))
      .catch((error: unknown) =>
        log.warn({ err: error, lane }, "a lane's kinds could not be remembered; they are at its next change"),
      );
  };

  return {
    name: 'lane-kinds',
    start: async () => {
      for (const { lane, kinds } of await store.list()) if (!known.has(lane)) known.set(lane, kinds);
    },
    stop: async () => saving,
    of: (lane) => known.get(lane) ?? {},
    heard,
  };
};

/** In the order of their names, so that equal offers are equal text. */
const offersOf = (work: readonly NonNullable<Heartbeat['work']>[]): KindOffers =>
  Object.fromEntries(
    work
      .flatMap(({ kinds, costlyInputs }) =>
        kinds.map((kind): [string, readonly string[]] => [kind, costlyInputs[kind] ?? []]),
      )
      .toSorted(([one], [other]) => (one < other ? -1 : 1)),
  );
