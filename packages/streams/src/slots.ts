/**
 * How many messages a consumer may hold. What is granted for a read counts as held until it is given back, so
 * that never more are read than can run. Finished messages whose settling is under way count apart: they may
 * be as many as the slots, so a slow Redis stops the reading and not the memory.
 */
export class Slots {
  #size: number;
  #held = 0;
  #settling = 0;
  /** How many wait to have all slots. */
  #wanted = 0;
  #allTaken = false;
  #waiters = new Set<() => void>();
  #wakeScheduled = false;

  constructor(size: number) {
    this.#size = size;
  }

  get size(): number {
    return this.#size;
  }

  resize(size: number): void {
    this.#size = size;
    this.wake();
  }

  /** Takes up to `most` slots and answers how many. */
  take(most: number): number {
    if (this.#allTaken || this.#wanted > 0) return 0;
    const free = Math.min(this.#size - this.#held, 2 * this.#size - this.#held - this.#settling);
    const taken = Math.max(0, Math.min(most, free));
    this.#held += taken;
    return taken;
  }

  /** From now on none is taken until `takeAll`. Answers false where somebody has them all. */
  wantAll(): boolean {
    if (this.#allTaken) return false;
    this.#wanted++;
    return true;
  }

  /**
   * Takes one slot and all that are free with it, after `wantAll`; answers whether it did.
   * @param beside whether what is held by others is waited for no longer.
   */
  takeAll(beside: boolean): boolean {
    if (this.#size === 0 || this.#allTaken || (this.#held > 0 && !beside)) return false;
    this.#wanted--;
    this.#allTaken = true;
    this.#held++;
    return true;
  }

  /** Others may take slots again; the one slot is given back or settled like any other. */
  leaveAll(): void {
    this.#allTaken = false;
    this.wake();
  }

  /** Takes a slot that may not be free, for an entry that is only to be buried. */
  force(): void {
    this.#held++;
  }

  give(count: number): void {
    this.#held -= count;
    this.wake();
  }

  /** A held message has run and is now being settled. */
  settle(): void {
    this.#held--;
    this.#settling++;
    this.wake();
  }

  settled(count: number): void {
    this.#settling -= count;
    this.wake();
  }

  /** Lets the waiting look again, in the order they came, once this turn of the event loop has freed what it frees. */
  wake(): void {
    if (this.#wakeScheduled || this.#waiters.size === 0) return;
    this.#wakeScheduled = true;
    setImmediate(() => {
      this.#wakeScheduled = false;
      const waiters = this.#waiters;
      this.#waiters = new Set();
      for (const waiter of waiters) waiter();
    });
  }

  /** Resolves when slots may be free, or after `ms`. */
  whenFree(ms: number): Promise<void> {
    return new Promise((resolve) => {
      const wake = (): void => {
        clearTimeout(timer);
        // Where nothing ever frees a slot, as in a paused consumer, nobody else would let go of it.
        this.#waiters.delete(wake);
        resolve();
      };
      const timer = setTimeout(wake, ms);
      this.#waiters.add(wake);
    });
  }
}
