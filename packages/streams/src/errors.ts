/** A handler throws this where another attempt cannot help: the message is dead-lettered at once. */
export class PermanentError extends Error {
  override readonly name = 'PermanentError';
}

/** Publishing would take the stream past its `maxLength`; nothing is ever trimmed to make room. */
export class StreamFullError extends Error {
  override readonly name = 'StreamFullError';
  readonly topic: string;
  readonly maxLength: number;
  /** Messages of the call that were written before the stream was full. */
  readonly written: number;

  constructor(topic: string, maxLength: number, written: number) {
    super(
      `The stream "${topic}" holds its most of ${maxLength} messages; ${written} of this call were written. Try again when consumers have caught up.`,
    );
    this.topic = topic;
    this.maxLength = maxLength;
    this.written = written;
  }
}

/** Redis could not be reached or would not take the command; `cause` says why. */
export class RedisUnavailableError extends Error {
  override readonly name = 'RedisUnavailableError';
  /** Messages of a `publishMany` known to be written before the failure; what was in flight then may have been written too. */
  readonly written: number;

  constructor(doing: string, cause: unknown, written = 0) {
    super(`Redis did not take it while ${doing}: ${cause instanceof Error ? cause.message : String(cause)}`, {
      cause,
    });
    this.written = written;
  }
}

export class RpcTimeoutError extends Error {
  override readonly name = 'RpcTimeoutError';
  readonly server: string;
  readonly method: string;

  constructor(server: string, method: string, timeoutMs: number) {
    super(`"${server}" did not answer "${method}" within ${timeoutMs} ms.`);
    this.server = server;
    this.method = method;
  }
}

/** What the server of an RPC said no with. */
export class RpcRemoteError extends Error {
  override readonly name = 'RpcRemoteError';
  readonly code: string;
  readonly kind: string | undefined;
  readonly details: unknown;

  constructor(wire: {
    readonly code: string;
    readonly message: string;
    readonly kind?: string;
    readonly details?: unknown;
  }) {
    super(wire.message);
    this.code = wire.code;
    this.kind = wire.kind;
    this.details = wire.details;
  }
}

/** Reason of an aborted `signal`: the message ran past its `timeoutMs`. */
export class AttemptTimeoutError extends Error {
  override readonly name = 'AttemptTimeoutError';

  constructor(timeoutMs: number) {
    super(`The attempt ran past its ${timeoutMs} ms.`);
  }
}

/** Reason of an aborted `signal`: another consumer has taken the message over, so this run's outcome no longer counts. */
export class LeaseLostError extends Error {
  override readonly name = 'LeaseLostError';

  constructor() {
    super('The lease on this message was lost: it was not renewed in time and another consumer has it.');
  }
}

/** Reason of an aborted `signal`: the consumer is stopping and its grace is over. The message goes back to the stream uncounted. */
export class ConsumerStoppedError extends Error {
  override readonly name = 'ConsumerStoppedError';

  constructor() {
    super('The consumer is stopping and the message goes back to the stream.');
  }
}
