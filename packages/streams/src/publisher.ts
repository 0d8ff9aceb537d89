import { Batcher } from './batcher.ts';
import type { Engine } from './engine.ts';
import { encodeCore, entryText } from './envelope.ts';
import { RedisUnavailableError, StreamFullError } from './errors.ts';
import { runScript, scripts, type ScriptArgument } from './lua-script.ts';
import { drawMessageId } from './message-id.ts';
import { payloadJson } from './outgoing.ts';
import { allTopicKeys, partitionOf, type TopicKeys } from './topic-keys.ts';
import type { Publisher, PublishOptions, Topic } from './types.ts';

interface Item {
  id: string;
  readonly text: string;
  readonly options: PublishOptions | undefined;
  readonly done: (error?: unknown) => void;
}

/** Messages a script appends in one go; more would hold up other clients of Redis. */
const perScript = 500;

const isPlain = ({ options }: Item): boolean =>
  options === undefined ||
  (!(options.delayMs !== undefined && options.delayMs > 0) && options.deduplicate === undefined);

/** Messages of several callers share a script, so one that Redis would choke on must not get that far. */
const checked = (options: PublishOptions): PublishOptions => {
  const { delayMs = 0, deduplicate, maxAttempts = 1 } = options;
  if (!Number.isFinite(delayMs)) throw new RangeError(`A message's delayMs is finite, and not ${delayMs}.`);
  if (deduplicate && !(deduplicate.ttlMs > 0 && Number.isFinite(deduplicate.ttlMs))) {
    throw new RangeError(`A message's deduplicate.ttlMs is above 0, and not ${deduplicate.ttlMs}.`);
  }
  if (!(Number.isInteger(maxAttempts) && maxAttempts >= 1)) {
    throw new RangeError(`A message's maxAttempts is a whole number from 1, and not ${maxAttempts}.`);
  }
  return options;
};

export class TopicPublisher<T> implements Publisher<T> {
  readonly #engine: Engine;
  readonly #topic: Topic<T>;
  readonly #partitions: readonly TopicKeys[];
  readonly #batchers: readonly Batcher<Item>[];
  readonly #mostEach: number;
  #next: number;

  constructor(engine: Engine, topic: Topic<T>) {
    this.#engine = engine;
    this.#topic = topic;
    this.#partitions = allTopicKeys(engine.prefix, topic);
    this.#mostEach =
      topic.maxLength === undefined ? 0 : Math.max(1, Math.floor(topic.maxLength / this.#partitions.length));
    this.#batchers = this.#partitions.map(
      (keys) => new Batcher((items) => this.#write(keys, items), perScript, 2),
    );
    this.#next = Math.floor(Math.random() * this.#partitions.length);
  }

  publish(payload: T, options?: PublishOptions): Promise<string> {
    return new Promise((resolve, reject) => {
      const item = this.#item(payload, options, (error) => {
        if (error === undefined) resolve(item.id);
        else reject(error instanceof Error ? error : new Error('the publish failed', { cause: error }));
      });
      this.#batcherFor(item).pushAtOnce(item);
    });
  }

  async publishMany(
    messages: readonly { readonly payload: T; readonly options?: PublishOptions }[],
  ): Promise<string[]> {
    if (messages.length === 0) return [];
    return new Promise((resolve, reject) => {
      let left = messages.length;
      let written = 0;
      let failure: unknown;
      const settled = (error?: unknown): void => {
        if (error === undefined) written++;
        else failure ??= error;
        if (--left > 0) return;
        if (failure === undefined) resolve(items.map(({ id }) => id));
        else if (failure instanceof StreamFullError) {
          reject(new StreamFullError(this.#topic.name, this.#topic.maxLength ?? 0, written));
        } else reject(new RedisUnavailableError(`publishing to "${this.#topic.name}"`, failure, written));
      };
      // All parse before any is written.
      const items = messages.map(({ payload, options }) => this.#item(payload, options, settled));
      for (const item of items) this.#batcherFor(item).push(item);
    });
  }

  #item(payload: T, options: PublishOptions | undefined, done: (error?: unknown) => void): Item {
    const id = options?.id ?? drawMessageId();
    const head =
      options === undefined
        ? id
        : encodeCore({
            id,
            attempt: 1,
            maxAttempts: checked(options).maxAttempts ?? 0,
            trace: options.trace,
            history: [],
          });
    return { id, text: entryText(head, payloadJson(this.#topic.parse(payload))), options, done };
  }

  #batcherFor({ options }: Item): Batcher<Item> {
    const count = this.#batchers.length;
    if (count === 1) return this.#batchers[0]!;
    const key = options?.partitionKey ?? options?.deduplicate?.key;
    const partition = key === undefined ? this.#next++ % count : partitionOf(key, count);
    return this.#batchers[partition]!;
  }

  async #write(keys: TopicKeys, items: Item[]): Promise<void> {
    try {
      const written = items.every(isPlain)
        ? await this.#append(keys, items)
        : await this.#publish(keys, items);
      this.#engine.observer.published?.(this.#topic.name, written);
      for (let index = 0; index < items.length; index++) {
        if (index < written) items[index]!.done();
        else items[index]!.done(new StreamFullError(this.#topic.name, this.#topic.maxLength ?? 0, 0));
      }
    } catch (cause) {
      const error = new RedisUnavailableError(`publishing to "${this.#topic.name}"`, cause);
      for (const item of items) item.done(error);
    }
  }

  async #append(keys: TopicKeys, items: readonly Item[]): Promise<number> {
    const only = items[0]!;
    if (items.length === 1 && this.#mostEach === 0 && this.#topic.retain === undefined) {
      await this.#engine.commands.xadd(keys.stream, '*', 'm', only.text);
      return 1;
    }
    const args: ScriptArgument[] = [this.#mostEach, this.#topic.retain ?? 0];
    for (const item of items) args.push(item.text);
    return Number(await runScript(this.#engine.commands, scripts.append, [keys.stream, keys.delayed], args));
  }

  async #publish(keys: TopicKeys, items: readonly Item[]): Promise<number> {
    const names = [keys.stream, keys.delayed];
    const args: ScriptArgument[] = [this.#mostEach];
    for (const { id, text, options } of items) {
      let memory = 0;
      if (options?.deduplicate) memory = names.push(keys.once + options.deduplicate.key);
      const delay = Math.max(0, Math.ceil(options?.delayMs ?? 0));
      args.push(text, delay, memory, Math.ceil(options?.deduplicate?.ttlMs ?? 0), id, drawMessageId());
    }
    const [written, ...earlier] = (await runScript(this.#engine.commands, scripts.publish, names, args)) as [
      number,
      ...(number | string)[],
    ];
    for (let at = 0; at < earlier.length; at += 2) items[Number(earlier[at])]!.id = String(earlier[at + 1]);
    return written;
  }
}
