import type { Redis } from 'ioredis';
import { type Delivered, fromClaim, fromRead } from './delivered.ts';
import type { Engine } from './engine.ts';
import { errorText } from './envelope.ts';
import { runScript, scripts } from './lua-script.ts';
import { RedisClock } from './redis-clock.ts';
import { inOneWrite, isGroupMissing, type RedisClient } from './redis-connection.ts';
import type { Slots } from './slots.ts';
import type { TopicKeys } from './topic-keys.ts';

export interface GroupReaderOptions {
  readonly topic: string;
  readonly keys: TopicKeys;
  readonly group: string;
  readonly consumer: string;
  readonly leaseMs: number;
  readonly maxDeliveries: number;
  readonly slots: Slots;
  /** Most slots asked for at once: all of them, or a share where partitions share them. */
  readonly share: () => number;
  /** Whether this is the consumer's only partition, so that it may hold its slots while it waits for work. */
  readonly alone: boolean;
  /** Takes over the slots of what it is given, except of entries past their deliveries, which hold none. */
  readonly deliver: (entries: readonly Delivered[]) => void;
  /** Entries this consumer knows it holds. */
  readonly holding: () => Iterable<string>;
  /** Whether an entry on its last delivery may be taken now; they run one at a time, so that one that kills takes none with it. */
  readonly suspectAllowed: () => boolean;
  /** Sends what can go along with a read that is about to be sent over this client. */
  readonly sendAlong: (client: RedisClient) => void;
  readonly onDataLost: () => void;
}

/** How often a reader promotes and claims, and so the longest it blocks. */
const tickMs = 250;
const promoteMost = 500;
/** Milliseconds a command of the reader may be overdue before its connection is taken for dead. */
const overdueMs = 2000;

/** Redis keeps released entries under this name until they are claimed. */
export const releasedName = '~released';

/** The read loop of one partition: on a connection of its own it promotes, claims and reads, one after the other. */
export class GroupReader {
  readonly clock = new RedisClock();
  readonly #engine: Engine;
  readonly #options: GroupReaderOptions;
  #client: RedisClient | undefined;
  #stopping = false;
  #loop: Promise<void> | undefined;
  #turnedAt = performance.now();
  #overdueAt = Number.POSITIVE_INFINITY;
  #watch: NodeJS.Timeout | undefined;
  #nextTickAt = 0;
  #nextReapAt = 0;
  /** A reply may have been lost with a connection: entries of ours that we do not know of. */
  #unsure = false;
  #history: string | undefined;
  #strikes = 0;
  /** Redis's newest entry id before an empty read; what comes after it wakes a partition that holds no slots. */
  #newestId: string | undefined;
  #idle = false;
  #giveUp: ((error: Error) => void) | undefined;

  constructor(engine: Engine, options: GroupReaderOptions) {
    this.#engine = engine;
    this.#options = options;
  }

  async start(): Promise<void> {
    this.#client = this.#engine.connect('reader');
    this.#watch = setInterval(() => this.#checkOverdue(), 500);
    this.#watch.unref();
    try {
      await this.#ensureGroup();
    } catch (error) {
      clearInterval(this.#watch);
      this.#client.disconnect();
      this.#client = undefined;
      throw error;
    }
    this.#turnedAt = performance.now();
    this.#loop = this.#run();
  }

  idleMs(): number {
    return performance.now() - this.#turnedAt;
  }

  /** Resolves when no more will be delivered. */
  async stop(): Promise<void> {
    this.#stopping = true;
    this.#options.slots.wake();
    await this.#loop;
    clearInterval(this.#watch);
    this.#client?.disconnect();
  }

  async #run(): Promise<void> {
    let failures = 0;
    while (!this.#stopping) {
      this.#turnedAt = performance.now();
      try {
        await this.#turn();
        failures = 0;
      } catch (error) {
        this.#overdueAt = Number.POSITIVE_INFINITY;
        if (this.#stopping) return;
        failures++;
        this.#unsure = true;
        await this.#recoverFrom(error, failures);
      }
    }
  }

  async #turn(): Promise<void> {
    const { slots, share, alone } = this.#options;
    const granted = slots.take(share());
    let left = granted;
    try {
      if (this.#unsure && left > 0) left -= await this.#recover(left);
      if (performance.now() >= this.#nextTickAt) left -= await this.#tick(left);
      if (performance.now() >= this.#nextReapAt) await this.#reap();
      if (left > 0 && alone) left -= await this.#readBlocking(left, this.#untilTick());
      else if (left > 0) left -= await this.#readNow(left);
    } finally {
      if (left > 0) slots.give(left);
    }
    if (granted === 0) await slots.whenFree(this.#untilTick());
    else if (!alone && left === granted) await this.#awaitNews(this.#untilTick());
  }

  #untilTick(): number {
    return Math.max(1, Math.ceil(this.#nextTickAt - performance.now()));
  }

  /** Waits on Redis while it holds its slots. */
  async #readBlocking(count: number, blockMs: number): Promise<number> {
    const { keys, group, consumer } = this.#options;
    return this.#handOver(
      await this.#watched(
        blockMs,
        this.#readAlong((client) =>
          client.xreadgroup(
            'GROUP',
            group,
            consumer,
            'COUNT',
            count,
            'BLOCK',
            blockMs,
            'STREAMS',
            keys.stream,
            '>',
          ),
        ),
      ),
    );
  }

  /** Takes what is there; after an empty read it knows from where to wait. */
  async #readNow(count: number): Promise<number> {
    const { keys, group, consumer } = this.#options;
    const newestId = this.#idle ? await this.#newest() : undefined;
    const read = this.#handOver(
      await this.#watched(
        0,
        this.#readAlong((client) =>
          client.xreadgroup('GROUP', group, consumer, 'COUNT', count, 'STREAMS', keys.stream, '>'),
        ),
      ),
    );
    this.#newestId = read === 0 ? newestId : undefined;
    this.#idle = read === 0;
    return read;
  }

  #readAlong(read: (client: Redis) => Promise<unknown>): Promise<unknown> {
    const client = this.#single();
    return inOneWrite(client, () => {
      // A Cluster's client has no one connection to share, and loses commands when it is replaced.
      if (this.#engine.colocated) this.#options.sendAlong(client);
      return read(client);
    });
  }

  #handOver(reply: unknown): number {
    const entries = fromRead(reply as Parameters<typeof fromRead>[0]);
    if (entries.length > 0) this.#options.deliver(entries);
    return entries.length;
  }

  async #newest(): Promise<string> {
    const info = (await this.#watched(
      0,
      this.#client!.xinfo('STREAM', this.#options.keys.stream),
    )) as unknown[];
    return String(info[info.indexOf('last-generated-id') + 1]);
  }

  /** Waits for news without taking any, so that other partitions may use the slots. */
  async #awaitNews(blockMs: number): Promise<void> {
    if (this.#newestId === undefined) return;
    await this.#watched(
      blockMs,
      this.#single().xread(
        'COUNT',
        1,
        'BLOCK',
        blockMs,
        'STREAMS',
        this.#options.keys.stream,
        this.#newestId,
      ),
    );
  }

  /** Cluster's type lacks some overloads of the commands it takes all the same. */
  #single(): Redis {
    return this.#client as Redis;
  }

  async #tick(room: number): Promise<number> {
    const { keys, group, consumer, leaseMs, maxDeliveries, deliver, suspectAllowed } = this.#options;
    const sentAt = performance.now();
    const [now, nextDue, claimed, history] = (await this.#watched(
      0,
      runScript(
        this.#client!,
        scripts.tick,
        [keys.stream, keys.delayed],
        [group, consumer, leaseMs, maxDeliveries, room, suspectAllowed() ? 1 : 0, promoteMost],
      ),
    )) as [number, number, (string | number)[], string];
    this.clock.sample(now, sentAt);
    this.#compareHistory(history);
    const entries = fromClaim(claimed);
    const pause = Math.min(tickMs, Math.max(10, leaseMs / 2));
    this.#nextTickAt = performance.now() + (nextDue < 0 ? pause : Math.min(pause, nextDue));
    if (entries.length > 0) {
      this.#engine.observer.reclaimed?.(this.#options.topic, group, entries.length);
      deliver(entries);
    }
    return this.#slotted(entries);
  }

  #slotted(entries: readonly Delivered[]): number {
    return entries.filter(({ delivery }) => delivery <= this.#options.maxDeliveries).length;
  }

  async #reap(): Promise<void> {
    const { keys, group, leaseMs } = this.#options;
    this.#nextReapAt = performance.now() + Math.max(leaseMs, 5000);
    await this.#watched(
      0,
      runScript(
        this.#client!,
        scripts.reap,
        [keys.stream],
        [group, Math.max(3 * leaseMs, 5000), releasedName],
      ),
    );
  }

  async #recover(room: number): Promise<number> {
    const { keys, group, consumer, holding, deliver } = this.#options;
    const [more, found] = (await this.#watched(
      0,
      runScript(this.#client!, scripts.recover, [keys.stream], [group, consumer, room, ...holding()]),
    )) as [number, (string | number)[]];
    this.#unsure = more === 1;
    const entries = fromClaim(found);
    deliver(entries);
    return this.#slotted(entries);
  }

  async #ensureGroup(): Promise<'made' | 'there'> {
    const { keys, group } = this.#options;
    try {
      await this.#watched(0, this.#client!.xgroup('CREATE', keys.stream, group, '0', 'MKSTREAM'));
      return 'made';
    } catch (error) {
      if (error instanceof Error && error.message.startsWith('BUSYGROUP')) return 'there';
      throw error;
    }
  }

  async #recoverFrom(error: unknown, failures: number): Promise<void> {
    const { topic, group } = this.#options;
    this.clock.reset();
    try {
      if (isGroupMissing(error)) {
        await this.#ensureGroup();
        this.#unsure = false;
        this.#tellLoss();
        return;
      }
      this.#engine.warn('reading failed and is tried again', {
        topic,
        group,
        error: error instanceof Error ? error.message : String(error),
      });
      this.#engine.observer.reconnected?.(topic, error instanceof Error ? error.message : String(error));
      if (failures > 1) await this.#options.slots.whenFree(Math.min(50 * 2 ** Math.min(failures, 5), 1000));
    } catch {
      // Still out of reach: the loop comes here again with the next failure.
      await this.#options.slots.whenFree(50);
    }
  }

  /** Another history of writes means a failover or a restart, after which the last writes may be missing. */
  #compareHistory(history: string): void {
    const before = this.#history;
    this.#history = history;
    if (before === undefined || before === history) return;
    this.clock.reset();
    this.#tellLoss();
  }

  #tellLoss(): void {
    const { topic, group, onDataLost } = this.#options;
    this.#engine.observer.dataLost?.(topic, group);
    try {
      onDataLost();
    } catch (error) {
      this.#engine.warn('onDataLost failed', { topic, error: errorText(error) });
    }
  }

  /** Keeps an eye on a command: a half-dead connection gives neither a reply nor an error. */
  async #watched<R>(expectedMs: number, reply: Promise<R>): Promise<R> {
    this.#overdueAt = performance.now() + expectedMs + overdueMs;
    let giveUp: ((error: Error) => void) | undefined;
    const overdue = new Promise<never>((_, reject) => {
      giveUp = reject;
    });
    this.#giveUp = giveUp;
    try {
      return await Promise.race([reply, overdue]);
    } finally {
      this.#overdueAt = Number.POSITIVE_INFINITY;
      this.#giveUp = undefined;
    }
  }

  /** Two looks in a row, as this process itself may have been what stood still. */
  #checkOverdue(): void {
    this.#strikes = performance.now() < this.#overdueAt ? 0 : this.#strikes + 1;
    if (this.#strikes < 2) return;
    this.#strikes = 0;
    this.#overdueAt = Number.POSITIVE_INFINITY;
    const dead = this.#client;
    this.#client = this.#engine.connect('reader');
    dead?.disconnect();
    this.#giveUp?.(new Error('The connection gave no reply in time and was replaced.'));
  }
}
