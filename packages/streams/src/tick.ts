import type { Redis } from 'ioredis';
import { runScript, scripts } from './lua-script.ts';
import type { TopicKeys } from './topic-keys.ts';

export interface Ticked {
  /** Redis's time. */
  readonly now: number;
  /** Until the next delayed message is due; negative where there is none. */
  readonly nextDueMs: number;
  /** What it claimed, as `id, delivery, text, …`. */
  readonly claimed: readonly (string | number)[];
  /** Names the history of writes that the server is on. */
  readonly history: string;
  /** Where the next page of pending entries begins. */
  readonly lookFrom: string;
  /** Whether leases of the consumer's own ran out. */
  readonly unknown: boolean;
  /** An entry on its last delivery that was left where it is; empty where there is none. */
  readonly suspect: string;
}

export interface Claim {
  /** Most entries to claim for running. */
  readonly room: number;
  /** Beside them, how many on their last delivery. */
  readonly suspects: number;
  /** Where the page of pending entries begins, as `XPENDING` takes it. */
  readonly from: string;
}

interface TickBounds {
  /** Most messages to promote. */
  readonly promoteMost: number;
  /** How many pending entries a tick looks at; whatever more there are have their turn in the ticks after it. */
  readonly page: number;
}

const usualBounds: TickBounds = { promoteMost: 500, page: 100 };

/** Redis keeps released entries under this name until they are claimed. */
export const releasedName = '~released';

/** A consumer's regular turn on one partition: it promotes what is due and claims what was released or lost its lease. */
export const tick = async (
  client: Redis,
  of: {
    readonly keys: Pick<TopicKeys, 'stream' | 'delayed'>;
    readonly group: string;
    readonly consumer: string;
    readonly leaseMs: number;
    readonly maxDeliveries: number;
  },
  claim: Claim,
  bounds = usualBounds,
): Promise<Ticked> => {
  const reply = await runScript(
    client,
    scripts.tick,
    [of.keys.stream, of.keys.delayed],
    [
      of.group,
      of.consumer,
      of.leaseMs,
      of.maxDeliveries,
      claim.room,
      claim.suspects,
      bounds.promoteMost,
      claim.from,
      bounds.page,
      releasedName,
    ],
  );
  const [now, nextDueMs, claimed, history, lookFrom, unknown, suspect] = reply as [
    number,
    number,
    (string | number)[],
    string,
    string,
    number,
    string,
  ];
  return { now, nextDueMs, claimed, history, lookFrom, unknown: unknown === 1, suspect };
};
