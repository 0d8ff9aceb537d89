import { hostname } from 'node:os';
import { backoffMs } from './backoff.ts';
import { consumerSettings, type ConsumerSettings, wholeNumber } from './consumer-settings.ts';
import { aborted } from './aborted.ts';
import { cutOff } from './cut-off.ts';
import { type Delivered, isSuspect } from './delivered.ts';
import type { Engine } from './engine.ts';
import { bareHead, decodeHead, encodeCore, errorText, withFailure, type StampedHead } from './envelope.ts';
import { ConsumerStoppedError, LeaseLostError, PermanentError } from './errors.ts';
import { lastWords } from './last-words.ts';
import { drawInstanceName } from './message-id.ts';
import { PartitionHold } from './partition-hold.ts';
import type { Settlement } from './settler.ts';
import { Slots } from './slots.ts';
import { allTopicKeys } from './topic-keys.ts';
import type { BatchConsumerOptions, Consumer, DeadReason, Message, Topic } from './types.ts';

interface Held<T> {
  readonly entry: Delivered;
  readonly partition: number;
  readonly head: StampedHead;
  readonly message: Message<T>;
  settling: boolean;
  lost: boolean;
}

const settleGraceMs = 2000;

/**
 * Hands messages over in batches, one batch at a time. While one is handled none is read: what comes meanwhile is the next
 * batch, in one read instead of one for each trickle of it.
 */
export class BatchConsumer<T> implements Consumer {
  readonly name: string;
  readonly #engine: Engine;
  readonly #topic: Topic<T>;
  readonly #options: BatchConsumerOptions<T>;
  readonly #batchSize: number;
  readonly #settings: ConsumerSettings;
  readonly #slots: Slots;
  readonly #holds: readonly PartitionHold[];
  readonly #held = new Map<string, Held<T>>();
  readonly #giveUp = new AbortController();
  readonly #hard = new AbortController();
  readonly #instance = drawInstanceName(hostname());
  #waiting: Held<T>[] = [];
  #state: 'new' | 'running' | 'stopping' = 'new';
  #stopped: Promise<void> | undefined;
  #working: Promise<void> | undefined;
  /** What its handler has in hand now. */
  #batch: { readonly messages: readonly Held<T>[]; readonly controller: AbortController } | undefined;
  #concurrency: number;
  #unobserve: (() => void) | undefined;

  constructor(engine: Engine, topic: Topic<T>, options: BatchConsumerOptions<T>) {
    this.name = `batch consumer ${topic.name}/${options.group}`;
    this.#engine = engine;
    this.#topic = topic;
    this.#options = options;
    this.#settings = consumerSettings(options);
    this.#batchSize = wholeNumber('batchSize', options.batchSize ?? 500, 1);
    this.#concurrency = this.#batchSize;
    this.#slots = new Slots(this.#concurrency);
    const partitions = allTopicKeys(engine.prefix, topic);
    this.#holds = partitions.map(
      (keys, partition) =>
        new PartitionHold(engine, {
          topic: topic.name,
          keys,
          group: options.group,
          consumer: this.#instance,
          leaseMs: this.#settings.leaseMs,
          maxDeliveries: this.#settings.maxDeliveries,
          slots: this.#slots,
          partitions: partitions.length,
          giveUp: this.#giveUp.signal,
          deliver: (entries) => this.#deliver(entries, partition),
          holding: () => this.#idsOf(partition, () => true),
          renewing: () => this.#idsOf(partition, ({ lost }) => !lost),
          onLost: (ids) => this.#leasesLost(partition, ids),
          onDataLost: () => options.onDataLost?.({ topic: topic.name, group: options.group }),
        }),
    );
  }

  get inFlight(): number {
    return this.#held.size;
  }

  idleMs(): number {
    return this.#state === 'new' ? 0 : Math.max(...this.#holds.map(({ reader }) => reader.idleMs()));
  }

  /** Most messages in hand; 0 pauses reading. */
  setConcurrency(slots: number): void {
    this.#concurrency = wholeNumber('concurrency', slots, 0);
    if (!this.#working) this.#slots.resize(this.#concurrency);
  }

  async start(): Promise<void> {
    if (this.#state !== 'new') throw new Error(`The ${this.name} was started before.`);
    this.#state = 'running';
    const started = await Promise.allSettled(this.#holds.map((hold) => hold.start()));
    const failed = started.find((result) => result.status === 'rejected');
    const { name: topic } = this.#topic;
    const { group } = this.#options;
    this.#unobserve = this.#engine.observer.consuming?.({ topic, group, inFlight: () => this.inFlight });
    if (!failed) return;
    await this.stop(AbortSignal.abort());
    throw failed.reason;
  }

  stop(hard?: AbortSignal): Promise<void> {
    this.#stopped ??= this.#stop(hard);
    return this.#stopped;
  }

  async #stop(hard: AbortSignal | undefined): Promise<void> {
    const wasRunning = this.#state === 'running';
    this.#state = 'stopping';
    if (!wasRunning) return;
    const onHard = (): void => this.#hard.abort(new ConsumerStoppedError());
    if (hard?.aborted) onHard();
    else hard?.addEventListener('abort', onHard, { once: true });
    await Promise.all(this.#holds.map(({ reader }) => reader.stop()));
    const stopWaiting = cutOff(hard, settleGraceMs, () =>
      this.#giveUp.abort(new Error('Redis did not answer in time.')),
    );
    if (this.#working) await Promise.race([this.#working, aborted(this.#hard.signal)]);
    await Promise.all(this.#holds.map(({ settler }) => settler.idle()));
    await Promise.all(this.#holds.map((hold) => hold.leave()));
    stopWaiting();
    hard?.removeEventListener('abort', onHard);
    this.#unobserve?.();
  }

  #idsOf(partition: number, wanted: (held: Held<T>) => boolean): string[] {
    const ids: string[] = [];
    for (const held of this.#held.values()) {
      if (held.partition === partition && wanted(held)) ids.push(held.entry.entryId);
    }
    return ids;
  }

  #leasesLost(partition: number, ids: readonly string[]): void {
    for (const id of ids) {
      const held = this.#held.get(`${partition}/${id}`);
      if (!held || held.settling) continue;
      held.lost = true;
      this.#engine.observer.leaseLost?.(this.#topic.name, this.#options.group);
      // One that waits yet is dropped when its turn comes.
      if (this.#batch?.messages.includes(held)) this.#batch.controller.abort(new LeaseLostError());
    }
  }

  #deliver(entries: readonly Delivered[], partition: number): void {
    const { maxDeliveries } = this.#settings;
    for (const entry of entries) {
      const slotted = entry.delivery <= maxDeliveries;
      if (this.#state !== 'running') {
        if (slotted) this.#slots.give(1);
        continue;
      }
      if (!slotted) this.#slots.force();
      this.#admit(entry, partition, slotted);
    }
    if (this.#waiting.length > 0) this.#working ??= this.#work();
  }

  #admit(entry: Delivered, partition: number, slotted: boolean): void {
    let head = bareHead(entry.entryId);
    let payload: T | undefined;
    let unparsable: unknown;
    try {
      head = decodeHead(entry.head, entry.entryId);
      payload = this.#topic.parse(JSON.parse(entry.payload));
    } catch (error) {
      unparsable = error;
    }
    const message: Message<T> = {
      id: head.id,
      payload: payload as T,
      attempt: head.attempt,
      delivery: entry.delivery,
      maxAttempts: head.maxAttempts || this.#settings.maxAttempts,
      publishedAt: head.publishedAt,
      trace: head.trace,
    };
    const held: Held<T> = { entry, partition, head, message, settling: false, lost: false };
    this.#held.set(`${partition}/${entry.entryId}`, held);
    if (!slotted) {
      const lost = new Error(
        `Handed to ${entry.delivery - 1} consumers, each of which was lost while it ran.`,
      );
      this.#bury(held, lost, 'deliveries-exhausted');
    } else if (unparsable !== undefined) this.#bury(held, unparsable, 'unparsable');
    else this.#waiting.push(held);
  }

  async #work(): Promise<void> {
    this.#slots.resize(0);
    try {
      while (this.#waiting.length > 0 && !this.#hard.signal.aborted) {
        const again = this.#waiting.findIndex(({ entry }) => entry.delivery > 1);
        // What was in a lost consumer's hands goes alone, so that one message that kills takes no other with it.
        const size = again === 0 ? 1 : Math.min(this.#batchSize, again < 0 ? this.#waiting.length : again);
        await this.#handle(this.#waiting.splice(0, size));
      }
    } finally {
      this.#working = undefined;
      this.#slots.resize(this.#concurrency);
    }
  }

  /** Says a batch again until it is taken: what a batch waits for (a database, say) is rarely the fault of its messages. */
  async #handle(batch: readonly Held<T>[]): Promise<void> {
    for (let attempt = 1; ; attempt++) {
      const live = batch.filter(({ lost }) => !lost);
      for (const held of batch) if (held.lost) this.#release(held);
      if (live.length === 0) return;
      const controller = new AbortController();
      this.#batch = { messages: live, controller };
      const signal = AbortSignal.any([controller.signal, this.#hard.signal]);
      const startedAt = performance.now();
      try {
        await this.#options.handler(
          live.map(({ message }) => message),
          { signal },
        );
        // Handed back by now: whoever has it settles it.
        if (this.#hard.signal.aborted) return;
        const ranMs = performance.now() - startedAt;
        for (const held of live)
          this.#settle(held, ranMs, { op: 'done', entryId: held.entry.entryId, emits: [] });
        return;
      } catch (error) {
        if (this.#hard.signal.aborted) return;
        if (error instanceof PermanentError) return this.#isolate(live, error, performance.now() - startedAt);
        this.#engine.warn('a batch failed and is tried again', {
          topic: this.#topic.name,
          messages: live.length,
          attempt,
          error: errorText(error),
        });
        await this.#pause(backoffMs(this.#settings.backoff, attempt));
        if (this.#hard.signal.aborted) return;
      } finally {
        this.#batch = undefined;
      }
    }
  }

  /** A message in the batch cannot be handled, now or later: halves find it, and it alone is dead-lettered. */
  async #isolate(batch: readonly Held<T>[], error: PermanentError, ranMs: number): Promise<void> {
    if (batch.length === 1) {
      this.#bury(batch[0]!, error, 'permanent', ranMs);
      return;
    }
    const middle = Math.ceil(batch.length / 2);
    await this.#handle(batch.slice(0, middle));
    await this.#handle(batch.slice(middle));
  }

  #pause(ms: number): Promise<void> {
    return new Promise((resolve) => {
      const timer = setTimeout(finish, ms);
      const { signal } = this.#hard;
      function finish(): void {
        clearTimeout(timer);
        signal.removeEventListener('abort', finish);
        resolve();
      }
      signal.addEventListener('abort', finish, { once: true });
    });
  }

  #bury(held: Held<T>, error: unknown, reason: DeadReason, ranMs = 0): void {
    const { head, entry, partition, message } = held;
    const at = Math.round(this.#holds[partition]!.reader.clock.now() ?? head.dueAt);
    this.#settle(held, ranMs, {
      op: 'dead',
      entryId: entry.entryId,
      publishedAt: head.publishedAt,
      head: encodeCore({ ...head, history: [] }),
      payload: entry.payload,
      reason,
      error: errorText(error),
      history: JSON.stringify(withFailure(head, error, at)),
      emits: lastWords(this.#engine, this.#topic, this.#options.onDead, { message, error, reason }),
    });
  }

  #settle(held: Held<T>, runMs: number, what: DistributiveOmit<Settlement, 'done'>): void {
    const { observer } = this.#engine;
    const { group } = this.#options;
    const now = this.#holds[held.partition]!.reader.clock.now() ?? held.head.dueAt;
    const waitMs = Math.max(0, now - runMs - held.head.dueAt);
    held.settling = true;
    this.#slots.settle();
    this.#leaveAll(held);
    const done = (settled: boolean): void => {
      this.#slots.settled(1);
      this.#forget(held);
      if (!settled) return;
      if (what.op === 'dead') observer.dead?.(this.#topic.name, group, what.reason);
      observer.settled?.({ topic: this.#topic.name, group, outcome: what.op, waitMs, runMs });
    };
    this.#holds[held.partition]!.settler.push({ ...what, done });
  }

  #release(held: Held<T>): void {
    this.#forget(held);
    this.#slots.give(1);
    this.#leaveAll(held);
  }

  #leaveAll({ entry }: Held<T>): void {
    if (isSuspect(entry, this.#settings.maxDeliveries)) this.#slots.leaveAll();
  }

  /** A lost entry may have come back to us and be held anew. */
  #forget(held: Held<T>): void {
    const key = `${held.partition}/${held.entry.entryId}`;
    if (this.#held.get(key) === held) this.#held.delete(key);
  }
}

type DistributiveOmit<U, K extends PropertyKey> = U extends unknown ? Omit<U, K> : never;
