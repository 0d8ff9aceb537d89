/**
 * Gathers items for one command. They go at the end of this turn of the event loop; while a batch is under way the
 * next gathers, so a trickle waits for nothing and a flood shares round trips.
 */
export class Batcher<T> {
  readonly #flush: (items: T[]) => Promise<void>;
  readonly #most: number;
  readonly #inFlightMost: number;
  #waiting: T[] = [];
  /** How many at its beginning have gone: to cut each batch off would copy all the rest every time. */
  #gone = 0;
  #inFlight = 0;
  #scheduled = false;
  #held = false;
  #drained: (() => void)[] = [];

  /** @param flush must not reject; it tells each item's owner what became of it. */
  constructor(flush: (items: T[]) => Promise<void>, most: number, inFlightMost = 1) {
    this.#flush = flush;
    this.#most = most;
    this.#inFlightMost = inFlightMost;
  }

  push(item: T): void {
    this.#waiting.push(item);
    this.#schedule();
  }

  /** Goes at once where nothing waits or is under way: for who has no more to push in this turn, as far as they know. */
  pushAtOnce(item: T): void {
    if (this.#left > 0 || this.#inFlight > 0) {
      this.push(item);
      return;
    }
    this.#waiting.push(item);
    this.#send();
  }

  /** What is pushed waits for `sendBy`, or for `release`. */
  hold(): void {
    this.#held = true;
  }

  release(): void {
    this.#held = false;
    if (this.#left > 0) this.#schedule();
  }

  /** Sends what waits now in another way than `flush`, whatever is under way. */
  sendBy(flush: (items: T[]) => Promise<void>): void {
    if (this.#left === 0) return;
    this.#inFlight++;
    void flush(this.#taken()).finally(this.#sent);
  }

  /** Resolves when nothing waits or is under way. */
  async idle(): Promise<void> {
    if (this.#inFlight === 0 && this.#left === 0) return;
    await new Promise<void>((resolve) => {
      this.#drained.push(resolve);
    });
  }

  #schedule(): void {
    if (this.#held || this.#scheduled || this.#inFlight >= this.#inFlightMost) return;
    this.#scheduled = true;
    setImmediate(this.#send);
  }

  readonly #send = (): void => {
    this.#scheduled = false;
    while (!this.#held && this.#left > 0 && this.#inFlight < this.#inFlightMost) {
      this.#inFlight++;
      void this.#flush(this.#taken()).finally(this.#sent);
    }
  };

  get #left(): number {
    return this.#waiting.length - this.#gone;
  }

  #taken(): T[] {
    const from = this.#gone;
    if (from === 0 && this.#waiting.length <= this.#most) {
      const all = this.#waiting;
      this.#waiting = [];
      return all;
    }
    const taken = this.#waiting.slice(from, from + this.#most);
    this.#gone += taken.length;
    if (2 * this.#gone >= this.#waiting.length) {
      this.#waiting = this.#waiting.slice(this.#gone);
      this.#gone = 0;
    }
    return taken;
  }

  readonly #sent = (): void => {
    this.#inFlight--;
    this.#send();
    if (this.#inFlight > 0 || this.#left > 0) return;
    const drained = this.#drained;
    this.#drained = [];
    for (const resolve of drained) resolve();
  };
}
