/** One failed attempt, as a message carries it along. */
export interface FailedAttempt {
  readonly attempt: number;
  readonly error: string;
  /** Epoch milliseconds by Redis's clock. */
  readonly at: number;
}

/**
 * What an entry says of its message beside the payload. The entry has one field, `m`: the head, a newline, the payload's JSON.
 * `core` is the bare id for a plain first attempt, `=<attempt>,<maxAttempts>,<trace>;<id>` where nothing has failed,
 * or a JSON array `[id, attempt, maxAttempts, trace, history]`: the shorter are what every message but a few has.
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

/** A newline ends the head. */
const standsBare = (id: string): boolean =>
  id !== '' && id[0] !== '[' && id[0] !== '@' && id[0] !== '=' && !id.includes('\n');

const standsPlain = (id: string, trace: string): boolean =>
  !id.includes('\n') && !trace.includes(';') && !trace.includes('\n');

export const encodeCore = ({ id, attempt, maxAttempts, trace = '', history }: Head): string => {
  if (history.length > 0)
    return JSON.stringify([id, attempt, maxAttempts, trace, history.map(historyToWire)]);
  if (attempt === 1 && maxAttempts === 0 && trace === '' && standsBare(id)) return id;
  if (standsPlain(id, trace)) return `=${attempt},${maxAttempts},${trace};${id}`;
  return JSON.stringify([id, attempt, maxAttempts, trace]);
};

/** What an entry's one field holds. One is quicker to write and to read than two. */
export const entryText = (head: string, payload: string): string => `${head}\n${payload}`;

/** Of an entry not of ours all may be head. */
export const splitEntryText = (text: string): { readonly head: string; readonly payload: string } => {
  const end = text.indexOf('\n');
  return end < 0 ? { head: text, payload: '' } : { head: text.slice(0, end), payload: text.slice(end + 1) };
};

const historyToWire = (failed: FailedAttempt) => [failed.attempt, failed.error, failed.at];

const historyFromWire = (wire: unknown): readonly FailedAttempt[] =>
  Array.isArray(wire)
    ? wire.map((item) => {
        const [attempt, error, at] = item as [number, string, number];
        return { attempt, error, at };
      })
    : none;

const notOurs = (head: string): Error =>
  new Error(`The entry's head is not one of this engine's: ${head.slice(0, 100)}`);

/** @throws if the head was not written by this engine. */
export const decodeCore = (core: string): Head => stamped(core, 0, 0);

/** @param entryId whose first half is Redis's time of appending. */
export const decodeHead = (head: string, entryId: string): StampedHead => {
  if (head[0] !== '@') {
    const publishedAt = Number.parseInt(entryId, 10);
    return stamped(head, publishedAt, publishedAt);
  }
  const stamps = /^@(\d+),(\d+);/.exec(head);
  if (!stamps) throw notOurs(head);
  return stamped(head.slice(stamps[0].length), Number(stamps[1]), Number(stamps[2]));
};

/** Every message passes here: one object, made at once. */
const stamped = (core: string, publishedAt: number, dueAt: number): StampedHead => {
  if (core[0] === '=') return stampedPlain(core, publishedAt, dueAt);
  if (core[0] === '[') return stampedJson(core, publishedAt, dueAt);
  return { id: core, attempt: 1, maxAttempts: 0, trace: undefined, history: none, publishedAt, dueAt };
};

const stampedPlain = (core: string, publishedAt: number, dueAt: number): StampedHead => {
  const first = core.indexOf(',');
  const second = core.indexOf(',', first + 1);
  const end = core.indexOf(';', second);
  const attempt = Number(core.slice(1, first));
  const maxAttempts = Number(core.slice(first + 1, second));
  if (!(first > 0 && second > 0 && end > 0 && attempt >= 1 && maxAttempts >= 0)) throw notOurs(core);
  const trace = end === second + 1 ? undefined : core.slice(second + 1, end);
  return { id: core.slice(end + 1), attempt, maxAttempts, trace, history: none, publishedAt, dueAt };
};

const stampedJson = (core: string, publishedAt: number, dueAt: number): StampedHead => {
  const [id, attempt, maxAttempts, trace, history] = JSON.parse(core) as unknown[];
  if (typeof id !== 'string' || typeof attempt !== 'number') throw notOurs(core);
  return {
    id,
    attempt,
    maxAttempts: typeof maxAttempts === 'number' ? maxAttempts : 0,
    trace: typeof trace === 'string' && trace !== '' ? trace : undefined,
    history: historyFromWire(history),
    publishedAt,
    dueAt,
  };
};

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

/** Anything may be thrown, and not all of it can be made a text. */
const textOf = (error: unknown): string => {
  try {
    return error instanceof Error ? `${error.name}: ${error.message}` : String(error);
  } catch {
    return 'What was thrown cannot be told as a text.';
  }
};

export const errorText = (error: unknown): string => {
  const text = textOf(error);
  return text.length > errorTextKept ? `${text.slice(0, errorTextKept)}…` : text;
};

export const withFailure = (head: Head, error: unknown, at: number): readonly FailedAttempt[] =>
  [...head.history, { attempt: head.attempt, error: errorText(error), at }].slice(-historyKept);

/** The head of the attempt after a failed one. */
export const nextAttempt = (head: Head, error: unknown, at: number): string =>
  encodeCore({ ...head, attempt: head.attempt + 1, history: withFailure(head, error, at) });
