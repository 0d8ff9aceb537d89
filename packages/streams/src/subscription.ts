import type { Redis } from 'ioredis';
import { type Delivered, fromRead } from './delivered.ts';
import type { Engine } from './engine.ts';
import { errorText } from './envelope.ts';
import { newestEntry } from './newest-entry.ts';
import type { Lifecycle, SubscribeOptions, Topic } from './types.ts';
import { WatchedReader } from './watched-reader.ts';

const readMost = 500;
const blockMs = 1000;

/** One subscriber's place in a broadcast. A handler that throws is told of and passed over: a broadcast waits for nobody. */
export class StreamSubscription<T> implements Lifecycle {
  readonly name: string;
  readonly #engine: Engine;
  readonly #topic: Topic<T>;
  readonly #key: string;
  readonly #options: SubscribeOptions<T>;
  readonly #reader: WatchedReader<readonly Delivered[]>;
  #from = '0-0';
  #stopped = false;
  #started = false;

  constructor(engine: Engine, topic: Topic<T>, key: string, options: SubscribeOptions<T>) {
    this.name = `subscription ${topic.name}`;
    this.#engine = engine;
    this.#topic = topic;
    this.#key = key;
    this.#options = options;
    this.#reader = new WatchedReader(engine, {
      what: topic.name,
      blockMs,
      read: (client) => this.#read(client),
      take: (entries) => this.#take(entries),
    });
  }

  idleMs(): number {
    return this.#reader.idleMs();
  }

  async start(): Promise<void> {
    if (this.#started) throw new Error(`The ${this.name} was started before.`);
    this.#started = true;
    const { from = '$' } = this.#options;
    // "Now" is a place in the stream from here on, so that nothing is missed while a connection is made anew.
    this.#from = from === '$' ? await newestEntry(this.#engine.commands as Redis, this.#key) : from;
    await this.#reader.start();
  }

  async stop(hard?: AbortSignal): Promise<void> {
    if (!this.#started || this.#stopped) return;
    this.#stopped = true;
    await this.#reader.stop(hard);
  }

  async #read(client: Redis): Promise<readonly Delivered[]> {
    const reply = await client.xread('COUNT', readMost, 'BLOCK', blockMs, 'STREAMS', this.#key, this.#from);
    if (reply === null) await this.#checkPlace(client);
    return fromRead(reply);
  }

  async #take(entries: readonly Delivered[]): Promise<void> {
    for (const { entryId, payload } of entries) {
      if (this.#stopped) return;
      await this.#hand(entryId, payload);
      this.#from = entryId;
    }
  }

  async #hand(entryId: string, payload: string): Promise<void> {
    try {
      await this.#options.handler({ entryId, payload: this.#topic.parse(JSON.parse(payload)) });
    } catch (error) {
      this.#engine.warn('a subscriber failed on a message', {
        topic: this.#topic.name,
        entryId,
        error: errorText(error),
      });
    }
  }

  /** After a flush or a failover the stream may have begun anew behind our place, where no read would ever find it. */
  async #checkPlace(client: Redis): Promise<void> {
    const newest = await newestEntry(client, this.#key);
    const [ms = 0, seq = 0] = newest.split('-').map(Number);
    const [ourMs = 0, ourSeq = 0] = this.#from.split('-').map(Number);
    if (newest === '0-0' || ms > ourMs || (ms === ourMs && seq >= ourSeq)) return;
    this.#engine.observer.dataLost?.(this.#topic.name, '');
    this.#from = '0-0';
  }
}
