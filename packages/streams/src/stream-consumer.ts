import { hostname } from 'node:os';
import { cutOff } from './cut-off.ts';
import type { EngineConsumerOptions, EngineOutcome } from './engine-consumer-options.ts';
import { backoffMs } from './backoff.ts';
import { consumerSettings, type ConsumerSettings, wholeNumber } from './consumer-settings.ts';
import { type Delivered, isSuspect } from './delivered.ts';
import type { Engine } from './engine.ts';
import {
  bareHead,
  decodeHead,
  encodeCore,
  entryText,
  errorText,
  nextAttempt,
  withFailure,
  type StampedHead,
} from './envelope.ts';
import { ConsumerStoppedError, LeaseLostError, PermanentError } from './errors.ts';
import { lastWords } from './last-words.ts';
import { drawInstanceName } from './message-id.ts';
import { type Outgoing, outgoingOf } from './outgoing.ts';
import { PartitionHold } from './partition-hold.ts';
import { Run } from './run.ts';
import { Runs } from './runs.ts';
import { Slots } from './slots.ts';
import { TimeLimits } from './time-limits.ts';
import { allTopicKeys, type TopicKeys } from './topic-keys.ts';
import type { Consumer, DeadReason, Message, Outcome, Topic } from './types.ts';

/** How long after a hard stop outcomes may take to reach Redis. */
const settleGraceMs = 2000;
const done: Outcome = { kind: 'done' };

/** Runs a handler for each message of a topic, up to `concurrency` at once. */
export class StreamConsumer<T> implements Consumer {
  readonly name: string;
  readonly #engine: Engine;
  readonly #topic: Topic<T>;
  readonly #options: EngineConsumerOptions<T>;
  readonly #settings: ConsumerSettings;
  readonly #slots: Slots;
  readonly #holds: readonly PartitionHold[];
  readonly #runs: readonly Runs<T>[];
  readonly #limits: TimeLimits;
  readonly #giveUp = new AbortController();
  readonly #instance = drawInstanceName(hostname());
  #state: 'new' | 'running' | 'stopping' = 'new';
  #stopped: Promise<void> | undefined;
  #running = 0;
  #allDone: (() => void) | undefined;
  #unobserve: (() => void) | undefined;

  constructor(engine: Engine, topic: Topic<T>, options: EngineConsumerOptions<T>) {
    this.name = `consumer ${topic.name}/${options.group}`;
    this.#engine = engine;
    this.#topic = topic;
    this.#options = options;
    this.#settings = consumerSettings(options);
    this.#slots = new Slots(wholeNumber('concurrency', options.concurrency ?? 1, 0));
    const partitions = allTopicKeys(engine.prefix, topic);
    this.#runs = partitions.map(() => new Runs());
    this.#limits = new TimeLimits(
      () => this.#going(),
      (run, error) => this.#conclude(run as Run<T>, { kind: 'retry', error }),
    );
    this.#holds = partitions.map((keys, partition) => this.#hold(keys, partition, partitions.length));
  }

  get inFlight(): number {
    return this.#running;
  }

  idleMs(): number {
    return this.#state === 'new' ? 0 : Math.max(...this.#holds.map(({ reader }) => reader.idleMs()));
  }

  /** Redis's time by the first partition's clock; undefined until it was heard. */
  redisNow(): number | undefined {
    return this.#holds[0]!.reader.clock.now();
  }

  setConcurrency(slots: number): void {
    this.#slots.resize(wholeNumber('concurrency', slots, 0));
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
    await Promise.all(this.#holds.map(({ reader }) => reader.stop()));
    await this.#finished(hard);
    if (hard?.aborted) this.#abandonAll();
    this.#limits.stop();
    // Outcomes already known still go out; a Redis that is gone may delay that only so long after a hard stop.
    const stopWaiting = cutOff(hard, settleGraceMs, () =>
      this.#giveUp.abort(new Error('Redis did not answer in time.')),
    );
    await Promise.all(this.#holds.map(({ settler }) => settler.idle()));
    await Promise.all(this.#holds.map((hold) => hold.leave()));
    stopWaiting();
    this.#unobserve?.();
  }

  /** Resolves when nothing runs any more, or when `hard` is aborted. */
  async #finished(hard: AbortSignal | undefined): Promise<void> {
    if (this.#running === 0 || hard?.aborted) return;
    await new Promise<void>((resolve) => {
      this.#allDone = resolve;
      hard?.addEventListener('abort', () => resolve(), { once: true });
    });
  }

  #going(): Run<T>[] {
    return this.#runs.flatMap((runs) => runs.going());
  }

  #abandonAll(): void {
    const reason = new ConsumerStoppedError();
    for (const run of this.#going()) {
      run.abandoned = true;
      run.abort(reason);
    }
  }

  #hold(keys: TopicKeys, partition: number, partitions: number): PartitionHold {
    const runs = this.#runs[partition]!;
    const { group, leaseMs, maxDeliveries } = this.#settings;
    return new PartitionHold(this.#engine, {
      topic: this.#topic.name,
      keys,
      group,
      consumer: this.#instance,
      leaseMs,
      maxDeliveries,
      slots: this.#slots,
      partitions,
      giveUp: this.#giveUp.signal,
      deliver: (entries) => {
        if (this.#state !== 'running')
          this.#slots.give(entries.filter((entry) => this.#holdsSlot(entry)).length);
        else for (const entry of entries) this.#begin(entry, partition);
      },
      holding: () => runs.entryIds(),
      renewing: () => runs.leased().map(({ entry }) => entry.entryId),
      onLost: (ids) => this.#leasesLost(runs, ids),
      onDataLost: () => this.#options.onDataLost?.({ topic: this.#topic.name, group }),
    });
  }

  #holdsSlot({ delivery }: Delivered): boolean {
    return delivery <= this.#settings.maxDeliveries;
  }

  #leasesLost(runs: Runs<T>, ids: readonly string[]): void {
    const lost = new Set(ids);
    for (const run of runs.leased()) {
      if (run.settling || !lost.has(run.entry.entryId)) continue;
      this.#engine.observer.leaseLost?.(this.#topic.name, this.#options.group);
      run.lost = true;
      run.abort(new LeaseLostError());
    }
  }

  #begin(entry: Delivered, partition: number): void {
    let head: StampedHead;
    let payload: T | undefined;
    let unparsable: unknown;
    try {
      head = decodeHead(entry.head, entry.entryId);
      try {
        payload = this.#topic.parse(JSON.parse(entry.payload));
      } catch (error) {
        unparsable = error;
      }
    } catch (error) {
      head = bareHead(entry.entryId);
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
    const suspect = isSuspect(entry, this.#settings.maxDeliveries);
    const run = new Run(entry, head, message, partition, suspect);
    const { clock } = this.#holds[partition]!.reader;
    run.waitedMs = Math.max(0, (clock.at(run.startedAt) ?? head.dueAt) - head.dueAt);
    this.#runs[partition]!.add(run);
    this.#running++;
    if (!this.#holdsSlot(entry)) {
      this.#slots.force();
      const error = new Error(
        `Handed to ${entry.delivery - 1} consumers, each of which was lost while it ran.`,
      );
      this.#bury(run, error, 'deliveries-exhausted', noEmits);
    } else if (unparsable !== undefined) {
      this.#bury(run, unparsable, 'unparsable', noEmits);
    } else void this.#handle(run);
  }

  async #handle(run: Run<T>): Promise<void> {
    let outcome: EngineOutcome;
    try {
      const { timeoutMs, handler } = this.#options;
      const limit = typeof timeoutMs === 'function' ? timeoutMs(run.message) : timeoutMs;
      if (limit !== undefined) this.#limits.begin(run, limit);
      outcome = (await handler(run.message, run)) ?? done;
      if (run.timeout) outcome = { kind: 'retry', error: run.timeout };
    } catch (error) {
      outcome = error instanceof PermanentError ? { kind: 'dead', error } : { kind: 'retry', error };
    }
    if (!run.concluded) this.#conclude(run, outcome);
  }

  #conclude(run: Run<T>, concluded: EngineOutcome): void {
    run.concluded = true;
    let outcome = concluded;
    if (run.abandoned || (run.lost && outcome.kind !== 'done')) {
      this.#finish(run, false);
      return;
    }
    let emits: readonly Outgoing[];
    try {
      emits =
        'append' in outcome
          ? [...outcome.append]
          : (outcome.emit?.map((emit) => outgoingOf(this.#engine.prefix, emit, run.head.trace)) ?? noEmits);
    } catch (error) {
      outcome = { kind: 'retry', error };
      emits = noEmits;
    }
    switch (outcome.kind) {
      case 'done':
        this.#settleDone(run, emits);
        return;
      case 'dead':
        this.#bury(run, outcome.error, 'permanent', emits);
        return;
      case 'retry':
        if (run.message.attempt >= run.message.maxAttempts) {
          this.#bury(run, outcome.error, 'attempts-exhausted', emits);
        } else this.#settleRetry(run, outcome, emits);
        return;
      default:
        // A handler whose types were not checked; its message would be in hand for ever.
        outcome satisfies never;
        this.#conclude(run, { kind: 'retry', error: new TypeError('The handler answered no outcome.') });
    }
  }

  #settleDone(run: Run<T>, emits: readonly Outgoing[]): void {
    const { entryId } = run.entry;
    this.#toSettle(run);
    this.#holds[run.partition]!.settler.push({
      op: 'done',
      entryId,
      emits,
      done: (settled) => this.#settled(run, 'done', settled),
    });
  }

  #settleRetry(run: Run<T>, outcome: Extract<Outcome, { kind: 'retry' }>, emits: readonly Outgoing[]): void {
    const { head, entry } = run;
    const asked = outcome.afterMs ?? Number.NaN;
    const delayMs = Number.isFinite(asked) ? asked : backoffMs(this.#settings.backoff, head.attempt);
    this.#toSettle(run);
    this.#holds[run.partition]!.settler.push({
      op: 'retry',
      entryId: entry.entryId,
      delayMs: Math.max(0, Math.ceil(delayMs)),
      publishedAt: head.publishedAt,
      text: entryText(nextAttempt(head, outcome.error, this.#now(run)), entry.payload),
      emits,
      done: (settled) => this.#settled(run, 'retry', settled),
    });
  }

  #bury(run: Run<T>, error: unknown, reason: DeadReason, emits: readonly Outgoing[]): void {
    const { head, entry } = run;
    if (this.#options.discardDead) {
      const { id } = head;
      this.#engine.warn('a dead message was dropped', {
        topic: this.#topic.name,
        id,
        reason,
        error: errorText(error),
      });
      this.#settleDone(run, emits);
      return;
    }
    const history = withFailure(head, error, this.#now(run));
    this.#toSettle(run);
    this.#holds[run.partition]!.settler.push({
      op: 'dead',
      entryId: entry.entryId,
      publishedAt: head.publishedAt,
      head: encodeCore({ ...head, history: [] }),
      payload: entry.payload,
      reason,
      error: errorText(error),
      history: JSON.stringify(history),
      emits: [
        ...emits,
        ...lastWords(this.#engine, this.#topic, this.#options.onDead, {
          message: run.message,
          error,
          reason,
        }),
      ],
      done: (settled) => {
        if (settled) this.#engine.observer.dead?.(this.#topic.name, this.#options.group, reason);
        this.#settled(run, 'dead', settled);
      },
    });
  }

  #now({ partition, head }: Run<T>): number {
    return Math.round(this.#holds[partition]!.reader.clock.now() ?? head.dueAt);
  }

  #toSettle(run: Run<T>): void {
    run.settling = true;
    run.ranMs = performance.now() - run.startedAt;
    this.#slots.settle();
    if (run.suspect) this.#slots.leaveAll();
  }

  #settled(run: Run<T>, outcome: 'done' | 'retry' | 'dead', settled: boolean): void {
    this.#slots.settled(1);
    this.#finish(run, true);
    const { observer } = this.#engine;
    if (!settled || !observer.settled) return;
    observer.settled({
      topic: this.#topic.name,
      group: this.#options.group,
      outcome,
      waitMs: run.waitedMs,
      runMs: run.ranMs,
    });
  }

  #finish(run: Run<T>, slotGiven: boolean): void {
    this.#runs[run.partition]!.delete(run);
    this.#running--;
    if (!slotGiven) {
      this.#slots.give(1);
      if (run.suspect) this.#slots.leaveAll();
    }
    if (this.#running === 0) this.#allDone?.();
  }
}

const noEmits: Outgoing[] = [];
