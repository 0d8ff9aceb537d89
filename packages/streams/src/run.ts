import type { Delivered } from './delivered.ts';
import type { StampedHead } from './envelope.ts';
import type { HandlerContext } from './types.ts';

/** A message in hand. Its abort signal is made only when somebody asks for it. */
export class Run implements HandlerContext {
  readonly entry: Delivered;
  readonly head: StampedHead;
  readonly partition: number;
  readonly suspect: boolean;
  readonly startedAt = performance.now();
  /** From when the message was ready to run until it did. */
  waitedMs = 0;
  /** The handler's time. */
  ranMs = 0;
  /** Set once its outcome is on its way, after which a lost lease changes nothing. */
  settling = false;
  /** Set when it was abandoned: whatever its handler says comes too late. */
  abandoned = false;
  /** Set when another consumer took it over: only that it is done still counts, where this comes first. */
  lost = false;
  #controller: AbortController | undefined;
  #reason: Error | undefined;

  constructor(entry: Delivered, head: StampedHead, partition: number, suspect: boolean) {
    this.entry = entry;
    this.head = head;
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
