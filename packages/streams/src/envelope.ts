/** One failed attempt, as a message carries it along. */
export interface FailedAttempt {
  readonly attempt: number;
  readonly error: string;
  /** Epoch milliseconds by Redis's clock. */
  readonly at: number;
}

/**
 * What an entry says of its message beside the payload (field `h`; the payload's JSON is field `p`).
 * `core` is the bare id for a plain first attempt, or a JSON array `[id, attempt, maxAttempts, trace, history]`.
 * Redis's scripts may put `@<publishedAt>,<dueAt>;` before it when an entry was delayed or redriven.
 */
export interface Head {
  readonly id: string;
  readonly attempt: number;
  /** 0: the consumer decides. */
  readonly maxAttempts: number;
  readonly trace: string | undefined;
  readonly history: readonly FailedAttempt[];
}

export interface StampedHead extends Head {
  readonly publishedAt: number;
  /** When the entry became ready to run: its publishing, or when its delay was over. */
  readonly dueAt: number;
}

/** Failed attempts kept with a message; the oldest make room. */
const historyKept = 20;
const errorTextKept = 500;
const none: readonly FailedAttempt[] = [];

/** A newline ends the head of a delayed message. */
const standsBare = (id: string): boolean => id !== '' && id[0] !== '[' && id[0] !== '@' && !id.includes('\n');

export const encodeCore = (head: Head): string =>
  head.attempt === 1 &&
  head.maxAttempts === 0 &&
  head.trace === undefined &&
  head.history.length === 0 &&
  standsBare(head.id)
    ? head.id
    : JSON.stringify(
        head.history.length === 0
          ? [head.id, head.attempt, head.maxAttempts, head.trace ?? '']
          : [head.id, head.attempt, head.maxAttempts, head.trace ?? '', head.history.map(historyToWire)],
      );

const historyToWire = (failed: FailedAttempt) => [failed.attempt, failed.error, failed.at];

const historyFromWire = (wire: unknown): readonly FailedAttempt[] =>
  Array.isArray(wire)
    ? wire.map((item) => {
        const [attempt, error, at] = item as [number, string, number];
        return { attempt, error, at };
      })
    : none;

/** @throws if the head was not written by this engine. */
export const decodeCore = (core: string): Head => {
  if (core[0] !== '[') return { id: core, attempt: 1, maxAttempts: 0, trace: undefined, history: none };
  const [id, attempt, maxAttempts, trace, history] = JSON.parse(core) as unknown[];
  if (typeof id !== 'string' || typeof attempt !== 'number') {
    throw new Error(`The entry's head is not one of this engine's: ${core.slice(0, 100)}`);
  }
  return {
    id,
    attempt,
    maxAttempts: typeof maxAttempts === 'number' ? maxAttempts : 0,
    trace: typeof trace === 'string' && trace !== '' ? trace : undefined,
    history: historyFromWire(history),
  };
};

/** @param entryId whose first half is Redis's time of appending. */
export const decodeHead = (head: string, entryId: string): StampedHead => {
  if (head[0] !== '@') {
    const publishedAt = Number.parseInt(entryId, 10);
    return stamped(decodeCore(head), publishedAt, publishedAt);
  }
  const stamps = /^@(\d+),(\d+);/.exec(head);
  if (!stamps) throw new Error(`The entry's head is not one of this engine's: ${head.slice(0, 100)}`);
  const [stamp, publishedAt, dueAt] = stamps;
  return stamped(decodeCore(head.slice(stamp.length)), Number(publishedAt), Number(dueAt));
};

/** Written out: a spread costs several times as much, and every message passes here. */
const stamped = (
  { id, attempt, maxAttempts, trace, history }: Head,
  publishedAt: number,
  dueAt: number,
): StampedHead => ({ id, attempt, maxAttempts, trace, history, publishedAt, dueAt });

/** What there is to say of an entry whose head cannot be read. */
export const bareHead = (entryId: string): StampedHead => {
  const at = Number.parseInt(entryId, 10);
  return {
    id: entryId,
    attempt: 1,
    maxAttempts: 0,
    trace: undefined,
    history: none,
    publishedAt: at,
    dueAt: at,
  };
};

export const errorText = (error: unknown): string => {
  const text = error instanceof Error ? `${error.name}: ${error.message}` : String(error);
  return text.length > errorTextKept ? `${text.slice(0, errorTextKept)}…` : text;
};

export const withFailure = (head: Head, error: unknown, at: number): readonly FailedAttempt[] =>
  [...head.history, { attempt: head.attempt, error: errorText(error), at }].slice(-historyKept);

/** The head of the attempt after a failed one. */
export const nextAttempt = (head: Head, error: unknown, at: number): string =>
  encodeCore({ ...head, attempt: head.attempt + 1, history: withFailure(head, error, at) });
