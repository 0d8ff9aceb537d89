import type { Redis } from 'ioredis';
import { type Delivered, fromRead } from './delivered.ts';
import type { Engine } from './engine.ts';
import { errorText } from './envelope.ts';
import { TopicPublisher } from './publisher.ts';
import { StreamSubscription } from './subscription.ts';
import { topicKeys } from './topic-keys.ts';
import { drawMessageId } from './message-id.ts';
import { entryText } from './envelope.ts';
import { newestEntry } from './newest-entry.ts';
import { payloadJson } from './outgoing.ts';
import type { Broadcast, BroadcastMessage, SubscribeOptions, Topic } from './types.ts';

const retainedByDefault = 10_000;

/** Messages that every subscriber sees; the newest are kept for those who resume. */
export class StreamBroadcast<T> implements Broadcast<T> {
  readonly #engine: Engine;
  readonly #topic: Topic<T>;
  readonly #key: string;
  readonly #retain: number;
  readonly #publisher: TopicPublisher<T>;

  constructor(engine: Engine, topic: Topic<T>) {
    this.#engine = engine;
    // Order is the point of a broadcast, so it has one partition whatever its topic says.
    this.#retain = topic.retain ?? retainedByDefault;
    this.#topic = { name: topic.name, parse: topic.parse, retain: this.#retain };
    this.#key = topicKeys(engine.prefix, topic.name, 0).stream;
    this.#publisher = new TopicPublisher(engine, this.#topic);
  }

  async publish(payload: T): Promise<string> {
    const text = entryText(drawMessageId(), payloadJson(this.#topic.parse(payload)));
    const id = await this.#engine.commands.xadd(this.#key, 'MAXLEN', '~', this.#retain, '*', 'm', text);
    this.#engine.observer.published?.(this.#topic.name, 1);
    return id!;
  }

  publishMany(payloads: readonly T[]): Promise<string[]> {
    return this.#publisher.publishMany(payloads.map((payload) => ({ payload })));
  }

  newest(): Promise<string> {
    return newestEntry(this.#engine.commands as Redis, this.#key);
  }

  subscribe(options: SubscribeOptions<T>): StreamSubscription<T> {
    return new StreamSubscription(this.#engine, this.#topic, this.#key, options);
  }

  async read(
    from: string,
    limit: number,
  ): Promise<{ readonly messages: BroadcastMessage<T>[]; readonly complete: boolean }> {
    const client = this.#engine.commands as Redis;
    const fromStart = from === '0' || from === '0-0';
    const replies = await client
      .pipeline()
      .xrange(this.#key, fromStart ? '-' : `(${from}`, '+', 'COUNT', limit)
      .xrange(this.#key, from, from)
      .xinfo('STREAM', this.#key)
      .exec();
    const [[rangeError, range] = [], [, place] = [], [infoError, info] = []] = replies ?? [];
    if (rangeError) throw rangeError;
    const entries = fromRead([[this.#key, range as [string, string[]][]]]);
    const messages = entries.flatMap((entry) => this.#parsed(entry));
    // What is trimmed goes oldest first: where the entry is there, all after it is. An entry that is not was trimmed or lost.
    if (!fromStart) return { messages, complete: (place as unknown[] | undefined)?.length === 1 };
    if (infoError) return { messages, complete: true };
    const at = (name: string): unknown => (info as unknown[])[(info as unknown[]).indexOf(name) + 1];
    // Trimming leaves at least what is retained, so a shorter stream has lost nothing. Redis before 7 does not count more.
    const nothingTrimmed = (info as unknown[]).includes('entries-added')
      ? at('entries-added') === at('length')
      : Number(at('length')) < this.#retain;
    return { messages, complete: nothingTrimmed };
  }

  #parsed({ entryId, payload }: Delivered): BroadcastMessage<T>[] {
    try {
      return [{ entryId, payload: this.#topic.parse(JSON.parse(payload)) }];
    } catch (error) {
      const { name: topic } = this.#topic;
      this.#engine.warn('a kept message does not parse', { topic, entryId, error: errorText(error) });
      return [];
    }
  }
}
