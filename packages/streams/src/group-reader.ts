import type { Redis } from 'ioredis';
import { type Delivered, fromClaim, fromRawRead } from './delivered.ts';
import type { Engine } from './engine.ts';
import { errorText } from './envelope.ts';
import { runScript, scripts } from './lua-script.ts';
import { NameReaper } from './name-reaper.ts';
import { RedisClock } from './redis-clock.ts';
import { inOneWrite, isGroupMissing } from './redis-connection.ts';
import type { Settler } from './settler.ts';
import type { Slots } from './slots.ts';
import { SuspectTurn } from './suspect-turn.ts';
import { type Claim, releasedName, tick } from './tick.ts';
import type { TopicKeys } from './topic-keys.ts';
import { WatchedClient } from './watched-client.ts';

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
  /** Its settlements go along with reads. */
  readonly settler: Pick<Settler, 'sendOver' | 'hold' | 'release'>;
  /** Told of entries that another consumer had taken over. */
  readonly onLost: (entryIds: readonly string[]) => void;
  readonly onDataLost: () => void;
}

/** How often a reader promotes and claims, and so the longest it blocks. */
const tickMs = 250;
/** How long at least a suspect waits for what runs. */
const suspectPatienceMs = 10_000;
/** Fewest free slots for which reading on is worth its while. */
const readOnFrom = 4;

/** The read loop of one partition: on a connection of its own it promotes, claims and reads, one after the other. */
export class GroupReader {
  readonly clock = new RedisClock();
  readonly #engine: Engine;
  readonly #options: GroupReaderOptions;
  /** A Cluster's client has no one connection to share, and loses commands when it is replaced. */
  readonly #settlesAlong: boolean;
  #watched: WatchedClient | undefined;
  #stopping = false;
  #loop: Promise<void> | undefined;
  #turnedAt = performance.now();
  #nextTickAt = 0;
  #lookFrom = '-';
  readonly #suspects: SuspectTurn;
  readonly #names: NameReaper;
  /** Redis may hold entries for us that we do not know of: a reply was lost with its connection, or a read carried out after it was given up. */
  #unsure = false;
  #history: string | undefined;
  /** Redis's newest entry id before an empty read; what comes after it wakes a partition that holds no slots. */
  #newestId: string | undefined;
  #idle = false;
  /** The last read brought all it asked for. */
  #moreWaits = false;

  constructor(engine: Engine, options: GroupReaderOptions) {
    this.#engine = engine;
    this.#options = options;
    this.#settlesAlong = engine.colocated;
    this.#names = new NameReaper(options);
    this.#suspects = new SuspectTurn(options.slots, Math.max(options.leaseMs, suspectPatienceMs));
  }

  async start(): Promise<void> {
    this.#watched = new WatchedClient(this.#engine);
    try {
      await this.#ensureGroup();
    } catch (error) {
      this.#watched.close();
      this.#watched = undefined;
      throw error;
    }
    this.#turnedAt = performance.now();
    this.#loop = this.#run();
  }

  get #client(): Redis {
    return this.#watched!.client;
  }

  #reply<R>(expectedMs: number, reply: Promise<R>): Promise<R> {
    return this.#watched!.reply(expectedMs, reply);
  }

  idleMs(): number {
    return performance.now() - this.#turnedAt;
  }

  /** Resolves when no more will be delivered. */
  async stop(): Promise<void> {
    this.#stopping = true;
    this.#options.slots.wake();
    await this.#loop;
    this.#watched?.close();
  }

  async #run(): Promise<void> {
    let failures = 0;
    while (!this.#stopping) {
      this.#turnedAt = performance.now();
      try {
        await this.#turn();
        failures = 0;
      } catch (error) {
        if (this.#stopping) return;
        failures++;
        this.#unsure = true;
        await this.#recoverFrom(error, failures);
      }
    }
  }

  async #turn(): Promise<void> {
    const { slots, share, alone } = this.#options;
    if (
      this.#suspects.wanted &&
      (await this.#suspects.take((from) => this.#tick({ room: 0, suspects: 1, from })))
    )
      return;
    const granted = slots.take(this.#moreWaits ? this.#halfShare() : share());
    let left = granted;
    let newestId: string | undefined;
    try {
      if (this.#unsure && left > 0) left -= await this.#recover(left);
      if (performance.now() >= this.#nextTickAt)
        left -= await this.#tick({ room: left, suspects: 0, from: this.#lookFrom });
      if (this.#names.isDue()) await this.#reply(0, this.#names.reap(this.#client));
      if (this.#suspects.wanted) {
        slots.give(left);
        left = 0;
      }
      if (left > 0 && !alone && this.#idle) newestId = await this.#newest();
    } catch (error) {
      slots.give(left);
      throw error;
    }
    if (left > 0) {
      const read = await this.#readSome(left);
      this.#idle = read === 0;
      this.#newestId = this.#idle ? newestId : undefined;
    }
    if (granted === 0) await slots.whenFree(this.#untilTick());
    else if (!alone && left === granted && this.#idle) await this.#awaitNews(this.#untilTick());
  }

  #untilTick(): number {
    return Math.max(1, Math.ceil(this.#nextTickAt - performance.now()));
  }

  async #readSome(count: number): Promise<number> {
    if (this.#moreWaits && count >= readOnFrom) return this.#readOn(count);
    if (this.#options.alone) return this.#readBlocking(count);
    return this.#handOver(await this.#readNow(count), count);
  }

  /** Waits on Redis while it holds its slots. */
  async #readBlocking(count: number): Promise<number> {
    const { keys, group, consumer } = this.#options;
    const blockMs = this.#untilTick();
    return this.#handOver(
      await this.#read(count, blockMs, (client) =>
        client.xreadgroupBuffer(
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
      count,
    );
  }

  /** Two reads are under way, each for half of the slots: while what one brought is run, Redis looks for the other. */
  async #readOn(count: number): Promise<number> {
    const { slots, settler } = this.#options;
    const reads: { readonly asked: number; readonly entries: Promise<Delivered[]> }[] = [];
    const ask = (asked: number): void => {
      if (asked === 0) return;
      const entries = this.#readNow(asked);
      // It may fail before its turn has come.
      entries.catch(() => undefined);
      reads.push({ asked, entries });
    };
    let total = 0;
    if (this.#settlesAlong) settler.hold();
    ask(count);
    ask(slots.take(this.#halfShare()));
    try {
      for (let read = reads.shift(); read; read = reads.shift()) {
        total += this.#handOver(await read.entries, read.asked);
        if (this.#moreWaits && this.#mayReadOn()) {
          // What ends within this turn of the event loop has its slot free after it.
          await new Promise(setImmediate);
          ask(slots.take(this.#halfShare()));
        }
      }
      return total;
    } catch (error) {
      // What the reads after it bring is this consumer's all the same.
      for (const { asked, entries } of reads)
        await entries.then((brought) => this.#handOver(brought, asked)).catch(() => undefined);
      throw error;
    } finally {
      settler.release();
    }
  }

  #halfShare(): number {
    return Math.ceil(this.#options.share() / 2);
  }

  #mayReadOn(): boolean {
    this.#turnedAt = performance.now();
    return !this.#stopping && this.#turnedAt < this.#nextTickAt;
  }

  #readNow(count: number): Promise<Delivered[]> {
    const { keys, group, consumer } = this.#options;
    return this.#read(count, 0, (client) =>
      client.xreadgroupBuffer('GROUP', group, consumer, 'COUNT', count, 'STREAMS', keys.stream, '>'),
    );
  }

  /** Sends a read, and along with it what waits to be settled; slots for which nothing comes are given back. */
  async #read(
    count: number,
    blockMs: number,
    send: (client: Redis) => Promise<unknown>,
  ): Promise<Delivered[]> {
    const { slots, settler } = this.#options;
    const client = this.#client;
    let entries: Delivered[] = [];
    try {
      const reply = inOneWrite(client, () => {
        if (this.#settlesAlong) settler.sendOver(client);
        return send(client);
      });
      entries = fromRawRead((await this.#reply(blockMs, reply)) as Parameters<typeof fromRawRead>[0]);
      return entries;
    } finally {
      if (entries.length < count) slots.give(count - entries.length);
    }
  }

  #handOver(entries: readonly Delivered[], asked: number): number {
    this.#moreWaits = entries.length === asked;
    if (entries.length > 0) this.#options.deliver(entries);
    return entries.length;
  }

  async #newest(): Promise<string> {
    const info = (await this.#reply(0, this.#client.xinfo('STREAM', this.#options.keys.stream))) as unknown[];
    return String(info[info.indexOf('last-generated-id') + 1]);
  }

  /** Waits for news without taking any, so that other partitions may use the slots. */
  async #awaitNews(blockMs: number): Promise<void> {
    if (this.#newestId === undefined) return;
    await this.#reply(
      blockMs,
      this.#client.xread('COUNT', 1, 'BLOCK', blockMs, 'STREAMS', this.#options.keys.stream, this.#newestId),
    );
  }

  async #tick(claim: Claim): Promise<number> {
    const { group, leaseMs, deliver, onLost } = this.#options;
    const sentAt = performance.now();
    const { now, nextDueMs, claimed, history, lookFrom, unknown, suspect } = await this.#reply(
      0,
      tick(this.#client, this.#options, claim),
    );
    this.#lookFrom = lookFrom;
    this.#suspects.seen(suspect);
    if (unknown) this.#unsure = true;
    this.clock.sample(now, sentAt);
    this.#compareHistory(history);
    const pause = Math.min(tickMs, Math.max(10, leaseMs / 2));
    this.#nextTickAt = performance.now() + (nextDueMs < 0 ? pause : Math.min(pause, nextDueMs));
    const entries = fromClaim(claimed);
    if (entries.length > 0) {
      this.#engine.observer.reclaimed?.(this.#options.topic, group, entries.length);
      // What this consumer still runs of them was another's meanwhile, faster than a renewal could tell.
      onLost(entries.map(({ entryId }) => entryId));
      deliver(entries);
    }
    return this.#slotted(entries);
  }

  #slotted(entries: readonly Delivered[]): number {
    return entries.filter(({ delivery }) => delivery <= this.#options.maxDeliveries).length;
  }

  async #recover(room: number): Promise<number> {
    const { keys, group, consumer, maxDeliveries, holding, deliver } = this.#options;
    const [more, found] = (await this.#reply(
      0,
      runScript(
        this.#client,
        scripts.recover,
        [keys.stream],
        [group, consumer, room, maxDeliveries, releasedName, ...holding()],
      ),
    )) as [number, (string | number)[]];
    this.#unsure = more === 1;
    const entries = fromClaim(found);
    deliver(entries);
    return this.#slotted(entries);
  }

  async #ensureGroup(): Promise<'made' | 'there'> {
    const { keys, group } = this.#options;
    try {
      await this.#reply(0, this.#client.xgroup('CREATE', keys.stream, group, '0', 'MKSTREAM'));
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
      const text = errorText(error);
      this.#engine.warn('reading failed and is tried again', { topic, group, error: text });
      this.#engine.observer.reconnected?.(topic, text);
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
}
