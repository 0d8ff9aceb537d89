/**
 * Redis's time, as last seen and carried on by the monotonic clock; the wall clock of this process is never
 * asked, so a skewed or stepping one does no harm.
 */
export class RedisClock {
  #offset: number | undefined;
  #roundTrip = Number.POSITIVE_INFINITY;
  #sampledAt = 0;

  /** @param sentAt `performance.now()` just before the command that brought `redisMs` was sent. */
  sample(redisMs: number, sentAt: number): void {
    const now = performance.now();
    const roundTrip = now - sentAt;
    // A shorter round trip knows better; after a while any sample does, since clocks drift and servers change.
    if (this.#offset !== undefined && roundTrip > this.#roundTrip && now - this.#sampledAt < 10_000) return;
    this.#offset = redisMs - (sentAt + roundTrip / 2);
    this.#roundTrip = roundTrip;
    this.#sampledAt = now;
  }

  /** Forgets what it knows: the connection may be to another server now. */
  reset(): void {
    this.#roundTrip = Number.POSITIVE_INFINITY;
    this.#sampledAt = 0;
  }

  /** Epoch milliseconds; undefined before the first sample. */
  now(): number | undefined {
    return this.at(performance.now());
  }

  /** @param moment by `performance.now()`. */
  at(moment: number): number | undefined {
    return this.#offset === undefined ? undefined : this.#offset + moment;
  }
}
