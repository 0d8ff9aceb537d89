import type { Delivered } from './delivered.ts';
import type { StampedHead } from './envelope.ts';
import type { AttemptTimeoutError } from './errors.ts';
import type { HandlerContext, Message } from './types.ts';

/** A message in hand. Its abort signal is made only when somebody asks for it. */
export class Run<T = unknown> implements HandlerContext {
  readonly entry: Delivered;
  readonly head: StampedHead;
  /** Its payload is undefined where it did not parse. */
  readonly message: Message<T>;
  readonly partition: number;
  /** On its last delivery: it has all slots of its consumer until its handler has ended. */
  readonly suspect: boolean;
  readonly startedAt = performance.now();
  /** Its place in the list of `Runs`. */
  place = 0;
  /** From when the message was ready to run until it did. */
  waitedMs = Number.NaN;
  /** The handler's time. */
  ranMs = Number.NaN;
  /** Set once its outcome is known, by its handler or because it was cut off: what its handler says later is not heard. */
  concluded = false;
  /** Set once its outcome is on its way, after which a lost lease changes nothing. */
  settling = false;
  limitMs = 0;
  /** When its time is up, by `performance.now()`; after `timeout` when it is cut off. */
  dueAt = Number.POSITIVE_INFINITY;
  /** Set when its time was up. */
  timeout: AttemptTimeoutError | undefined;
  /** Set when it was abandoned: whatever its handler says comes too late. */
  abandoned = false;
  /** Set when another consumer took it over: only that it is done still counts, where this comes first. */
  lost = false;
  #controller: AbortController | undefined;
  #reason: Error | undefined;

  constructor(entry: Delivered, head: StampedHead, message: Message<T>, partition: number, suspect: boolean) {
    this.entry = entry;
    this.head = head;
    this.message = message;
    this.partition = partition;
    this.suspect = suspect;
  }

  get signal(): AbortSignal {
    if (!this.#controller) {
      this.#controller = new AbortController();
      if (this.#reason) this.#controller.abort(this.#reason);
    }
    return this.#controller.signal;
  }

  abort(reason: Error): void {
    if (this.#reason) return;
    this.#reason = reason;
    this.#controller?.abort(reason);
  }
}
