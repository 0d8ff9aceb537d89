import { aborted } from './aborted.ts';
import type { Engine } from './engine.ts';
import { errorText } from './envelope.ts';
import { GroupReader } from './group-reader.ts';
import type { Delivered } from './delivered.ts';
import { LeaseKeeper } from './lease-keeper.ts';
import { runScript, scripts } from './lua-script.ts';
import { Settler } from './settler.ts';
import type { Slots } from './slots.ts';
import { releasedName } from './tick.ts';
import type { TopicKeys } from './topic-keys.ts';

const releaseMost = 500;

export interface PartitionHoldOptions {
  readonly topic: string;
  readonly keys: TopicKeys;
  readonly group: string;
  readonly consumer: string;
  readonly leaseMs: number;
  readonly maxDeliveries: number;
  readonly slots: Slots;
  readonly partitions: number;
  readonly giveUp: AbortSignal;
  readonly deliver: (entries: readonly Delivered[]) => void;
  /** Entries in hand, those being settled included. */
  readonly holding: () => Iterable<string>;
  /** Of these, those whose leases are kept: one that is being settled too, as Redis may be out of reach for longer than a lease. */
  readonly renewing: () => string[];
  readonly onLost: (entryIds: readonly string[]) => void;
  readonly onDataLost: () => void;
}

/** A consumer's part in one partition: it reads, keeps leases, settles, and leaves cleanly. */
export class PartitionHold {
  readonly reader: GroupReader;
  readonly settler: Settler;
  readonly #keeper: LeaseKeeper;
  readonly #engine: Engine;
  readonly #options: PartitionHoldOptions;
  #started = false;

  constructor(engine: Engine, options: PartitionHoldOptions) {
    const { keys, group, consumer, slots, partitions } = options;
    this.#engine = engine;
    this.#options = options;
    this.settler = new Settler(engine, keys, group, consumer, options.giveUp);
    this.reader = new GroupReader(engine, {
      ...options,
      alone: partitions === 1,
      share: () => Math.ceil(slots.size / partitions),
      settler: this.settler,
    });
    this.#keeper = new LeaseKeeper(engine, { ...options, stream: keys.stream, holding: options.renewing });
  }

  async start(): Promise<void> {
    await this.reader.start();
    this.#keeper.start();
    this.#started = true;
  }

  /** After the last settlement: hands back what is left and takes the consumer's name away, unless `giveUp` comes first. */
  async leave(): Promise<void> {
    if (!this.#started) return;
    this.#keeper.stop();
    const { keys, group, consumer, giveUp } = this.#options;
    try {
      const abandoned = aborted(giveUp).then(() => giveUp.throwIfAborted());
      const release = () =>
        runScript(
          this.#engine.commands,
          scripts.leave,
          [keys.stream],
          [group, consumer, releasedName, releaseMost],
        );
      while ((await Promise.race([release(), abandoned])) === 0);
    } catch (error) {
      // What could not be handed back is claimed when its lease runs out.
      this.#engine.warn('leaving the group failed', {
        topic: this.#options.topic,
        error: errorText(error),
      });
    }
  }
}
