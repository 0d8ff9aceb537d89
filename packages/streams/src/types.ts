/**
 * A stream as a typed value. Both sides parse: a publisher before it writes, a consumer before its
 * handler runs, so that a bad payload is refused at the edge and never reaches the other side.
 */
export interface Topic<T> {
  /** The stream's name; its Redis key is `<prefix>{<name>}` and its companions share the hash tag. */
  readonly name: string;
  /** Returns the payload or throws; a consumer dead-letters what does not parse. */
  readonly parse: (value: unknown) => T;
  /** How many streams the topic is spread over, each with a hash tag of its own. Default 1. */
  readonly partitions?: number;
  /** Work topics: publishing past this many waiting entries fails with `StreamFullError`; what is emitted or redriven is let in. Default none. */
  readonly maxLength?: number;
  /** Broadcast topics: about how many entries are kept for those who resume. Default 10,000. */
  readonly retain?: number;
}

/** One message to be appended in the same script that settles another. */
export interface Emit {
  readonly topic: Topic<unknown>;
  readonly payload: unknown;
  /** The trace is the settled message's unless given. */
  readonly options?: Pick<PublishOptions, 'id' | 'maxAttempts' | 'trace' | 'partitionKey'>;
}

/** What a handler makes of a message. Returning nothing means `done`; throwing means `retry`, or `dead` for a `PermanentError`. */
export type Outcome =
  | { readonly kind: 'done'; readonly emit?: readonly Emit[] }
  /** Waits in the delayed set, then is delivered again as the next attempt; without `afterMs` the consumer's backoff decides. */
  | {
      readonly kind: 'retry';
      readonly error: unknown;
      readonly afterMs?: number;
      readonly emit?: readonly Emit[];
    }
  | { readonly kind: 'dead'; readonly error: unknown; readonly emit?: readonly Emit[] };

export interface Message<T> {
  /** Stable over retries, delays and redrives. */
  readonly id: string;
  readonly payload: T;
  /** 1 for the first run; rises by one with each retry. */
  readonly attempt: number;
  /** How often this entry was handed to a consumer during this attempt; above 1 means that an earlier consumer was lost. */
  readonly delivery: number;
  /** Attempts allowed in all, from the message or else the consumer. */
  readonly maxAttempts: number;
  /** When it was first published, epoch milliseconds by Redis's clock. */
  readonly publishedAt: number;
  /** W3C `traceparent` of the publisher, if it had one. */
  readonly trace?: string;
}

export interface HandlerContext {
  /** Aborted on timeout, on a hard stop, and when the lease was lost to another consumer; `reason` tells which. */
  readonly signal: AbortSignal;
}

export type Handler<T> = (message: Message<T>, context: HandlerContext) => Promise<Outcome | void>;

/** Why an entry is dead-lettered. */
export type DeadReason = 'permanent' | 'attempts-exhausted' | 'deliveries-exhausted' | 'unparsable';

export interface Backoff {
  /** Ceiling of the first delay, in milliseconds; doubles with each attempt. The delay is drawn evenly from [0, ceiling] (full jitter). */
  readonly baseMs: number;
  readonly maxMs: number;
}

export interface ConsumerOptions<T> {
  readonly group: string;
  readonly handler: Handler<T>;
  /** Messages run at once; never more are read than slots are free. Default 1. */
  readonly concurrency?: number;
  /** How long an entry may stay unrenewed before another consumer claims it. Default 30,000. Renewed every third of it. */
  readonly leaseMs?: number;
  /** Deliveries of one attempt after which the entry is taken to kill its consumers and dead-lettered. Default 3. */
  readonly maxDeliveries?: number;
  /** Attempts allowed unless the message says otherwise. Default 3. */
  readonly maxAttempts?: number;
  readonly backoff?: Backoff;
  /** Milliseconds after which `signal` is aborted and the attempt counts as failed. A function may read it from the message. Default none. */
  readonly timeoutMs?: number | ((message: Message<T>) => number | undefined);
  /** What to append in the same script that dead-letters a message, whichever consumer finds it dead. `payload` is undefined when it did not parse. */
  readonly onDead?: (dead: {
    readonly message: Omit<Message<T>, 'payload'> & { readonly payload?: T };
    readonly error: unknown;
    readonly reason: DeadReason;
  }) => readonly Emit[];
  /** Called once after the group had to be made again: Redis was flushed, failed over or evicted it, and what was in it may be gone. */
  readonly onDataLost?: (loss: { readonly topic: string; readonly group: string }) => void;
}

export interface BatchConsumerOptions<T> extends Omit<
  ConsumerOptions<T>,
  'handler' | 'concurrency' | 'timeoutMs'
> {
  /** Most messages in a batch. Default 500. */
  readonly batchSize?: number;
  /** Called with messages in stream order. Resolving acks them all; throwing leaves all of them pending, to come again after a backoff. */
  readonly handler: (messages: readonly Message<T>[], context: HandlerContext) => Promise<void>;
}

/** Something long-lived. */
export interface Lifecycle {
  readonly name: string;
  /** Resolves when able to take work; a rejected start leaves nothing running. */
  start(): Promise<void>;
  /** Stops intake, waits for the work in hand until `hard` aborts, hands the rest back at once, resolves. Safe unstarted and twice. */
  stop(hard?: AbortSignal): Promise<void>;
}

export interface Consumer extends Lifecycle {
  /** Milliseconds since the read loop last turned; large means that it hangs. */
  idleMs(): number;
  readonly inFlight: number;
  /** Changes how many messages may run at once; 0 pauses reading. */
  setConcurrency(slots: number): void;
}

export interface PublishOptions {
  /** Stable id; drawn when absent. */
  readonly id?: string;
  readonly delayMs?: number;
  /** A second publish with this key within `ttlMs` of the first writes nothing and answers the first's id. */
  readonly deduplicate?: { readonly key: string; readonly ttlMs: number };
  readonly maxAttempts?: number;
  /** W3C `traceparent`. */
  readonly trace?: string;
  /** Messages with one key stay on one partition. */
  readonly partitionKey?: string;
}

export interface Publisher<T> {
  /** Resolves with the message id once Redis has it. Concurrent calls share a round trip. */
  publish(payload: T, options?: PublishOptions): Promise<string>;
  /** Pipelined; all or an error that says how many were written. */
  publishMany(
    messages: readonly { readonly payload: T; readonly options?: PublishOptions }[],
  ): Promise<string[]>;
}

/** An error that crosses RPC with its meaning: anything else a server throws arrives as code `internal` without its text. */
export interface WireError {
  readonly code: string;
  readonly message: string;
  readonly kind?: string;
  readonly details?: unknown;
}

export interface RpcCallContext {
  /** Aborted when the caller's deadline passes or the server stops hard. */
  readonly signal: AbortSignal;
  readonly trace?: string;
}

export interface RpcServerOptions {
  /** The request stream's name, `rpc:<service>`. */
  readonly name: string;
  readonly group: string;
  readonly concurrency?: number;
  /** Gets the raw request; parsing is the caller's contract. */
  readonly handler: (method: string, params: unknown, context: RpcCallContext) => Promise<unknown>;
  /** Turns a thrown error into what crosses; undefined hides it as `internal`. */
  readonly encodeError?: (error: unknown) => WireError | undefined;
}

export interface RpcClient extends Lifecycle {
  /**
   * Rejects with `RpcTimeoutError` when no reply came in time, `RpcRemoteError` when the server said no.
   * A server drops a request whose deadline has passed, so a late one has no effect if it had not been begun.
   */
  call(
    server: string,
    method: string,
    params: unknown,
    options: { readonly timeoutMs: number; readonly trace?: string; readonly signal?: AbortSignal },
  ): Promise<unknown>;
}

export interface BroadcastMessage<T> {
  /** The stream entry id: ordered, usable as `from`. */
  readonly entryId: string;
  readonly payload: T;
}

export interface SubscribeOptions<T> {
  /** Entry id after which to begin; `$` (default) is now, `0` the oldest kept. */
  readonly from?: string;
  /** Called in stream order, one at a time. */
  readonly handler: (message: BroadcastMessage<T>) => void | Promise<void>;
}

export interface Broadcast<T> {
  /** The newest entry's id, `0-0` where there has been none: `from` for what comes after now. */
  newest(): Promise<string>;
  publish(payload: T): Promise<string>;
  publishMany(payloads: readonly T[]): Promise<string[]>;
  /** Every subscriber sees every message. */
  subscribe(options: SubscribeOptions<T>): Lifecycle & { idleMs(): number };
  /** Kept messages after `from` (exclusive), oldest first, at most `limit`; `complete` is false where some after `from` were already trimmed. What does not parse is passed over, as subscribers do. */
  read(
    from: string,
    limit: number,
  ): Promise<{ readonly messages: BroadcastMessage<T>[]; readonly complete: boolean }>;
}

export interface ConsumerInfo {
  readonly name: string;
  readonly pending: number;
  readonly idleMs: number;
}

export interface TopicInfo {
  readonly topic: string;
  readonly group: string;
  /** Entries in the stream: waiting and in flight. */
  readonly length: number;
  /** In no consumer's hands: not yet delivered to this group, or handed back. */
  readonly lag: number;
  /** Delivered and not settled, what was handed back included. */
  readonly pending: number;
  readonly delayed: number;
  readonly dead: number;
  /** Age of the oldest entry not yet settled, milliseconds; 0 when there is none. */
  readonly oldestMs: number;
  /** The same of the oldest that nobody has in hand: not yet delivered to this group, or handed back. */
  readonly oldestWaitingMs: number;
  readonly consumers: readonly ConsumerInfo[];
  readonly partitions: readonly PartitionInfo[];
}

export interface PartitionInfo {
  readonly partition: number;
  /** The partition's Redis key. */
  readonly key: string;
  readonly length: number;
  readonly lag: number;
  readonly pending: number;
  readonly delayed: number;
  readonly dead: number;
  readonly oldestMs: number;
  readonly oldestWaitingMs: number;
  readonly consumers: readonly ConsumerInfo[];
}

export interface DeadLetter<T> {
  /** Position in the dead stream; what `redrive` and `discard` take. */
  readonly entryId: string;
  readonly id: string;
  /** Undefined where it does not parse. */
  readonly payload: T | undefined;
  readonly raw: string;
  readonly reason: DeadReason;
  readonly error: string;
  readonly attempts: number;
  readonly history: readonly { readonly attempt: number; readonly error: string; readonly at: number }[];
  readonly diedAt: number;
}

export interface DeadLetters<T> {
  list(options?: { readonly after?: string; readonly limit?: number }): Promise<DeadLetter<T>[]>;
  /** Puts them back at the end of the stream as a first attempt; answers how many. Atomic per entry. */
  redrive(entryIds: readonly string[] | 'all'): Promise<number>;
  discard(entryIds: readonly string[] | 'all'): Promise<number>;
  /** Forgets the oldest beyond so many, or that many shared out among partitions; answers how many went. */
  trim(keep: number): Promise<number>;
}

/** Told what happened, for metrics and spans; must not throw or block. */
export interface Observer {
  published?(topic: string, count: number): void;
  /** `waitMs` is from publish (or from when it fell due) to start, `runMs` the handler's time. */
  settled?(event: {
    readonly topic: string;
    readonly group: string;
    readonly outcome: 'done' | 'retry' | 'dead';
    readonly waitMs: number;
    readonly runMs: number;
  }): void;
  /** A consumer has started; what is returned is called when it has stopped. */
  consuming?(consumer: {
    readonly topic: string;
    readonly group: string;
    /** Messages in hand now. */
    readonly inFlight: () => number;
  }): () => void;
  reclaimed?(topic: string, group: string, count: number): void;
  dead?(topic: string, group: string, reason: DeadReason): void;
  leaseLost?(topic: string, group: string): void;
  dataLost?(topic: string, group: string): void;
  reconnected?(topic: string, why: string): void;
  rpc?(event: {
    readonly server: string;
    readonly method: string;
    readonly side: 'client' | 'server';
    readonly outcome: string;
    readonly ms: number;
  }): void;
}

export type RedisConnection =
  | { readonly kind: 'single'; readonly url: string }
  | {
      readonly kind: 'sentinel';
      readonly sentinels: readonly { readonly host: string; readonly port: number }[];
      readonly master: string;
      readonly username?: string;
      readonly password?: string;
      readonly sentinelPassword?: string;
      readonly db?: number;
      readonly tls?: boolean;
    }
  | {
      readonly kind: 'cluster';
      readonly nodes: readonly { readonly host: string; readonly port: number }[];
      readonly username?: string;
      readonly password?: string;
      readonly tls?: boolean;
    };

export interface StreamsOptions {
  readonly connection: RedisConnection;
  /** Begins every key. Default `app:`. */
  readonly prefix?: string;
  readonly observer?: Observer;
  /** Told of connection trouble the engine itself recovers from. */
  readonly onWarning?: (message: string, fields: Readonly<Record<string, unknown>>) => void;
}

/** One process's hold on Redis. Publishers and clients share a connection; each consumer, subscriber and RPC side has its own for blocking reads. */
export interface Streams extends Lifecycle {
  publisher<T>(topic: Topic<T>): Publisher<T>;
  consumer<T>(topic: Topic<T>, options: ConsumerOptions<T>): Consumer;
  batchConsumer<T>(topic: Topic<T>, options: BatchConsumerOptions<T>): Consumer;
  rpcServer(options: RpcServerOptions): Consumer;
  rpcClient(): RpcClient;
  broadcast<T>(topic: Topic<T>): Broadcast<T>;
  inspect<T>(topic: Topic<T>, group: string): Promise<TopicInfo>;
  deadLetters<T>(topic: Topic<T>): DeadLetters<T>;
  /** Every message now in the stream, then every delayed one, oldest first, without taking any: what a restored owner compares its own books with. */
  contents<T>(
    topic: Topic<T>,
  ): AsyncIterable<{ readonly id: string; readonly payload: T; readonly state: 'waiting' | 'delayed' }>;
  /** A write and its deletion; rejects if Redis cannot take writes, whatever PING says. */
  checkWritable(): Promise<void>;
}
