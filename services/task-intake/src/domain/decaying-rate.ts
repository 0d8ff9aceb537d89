/** A rate that forgets: events a second over about the last `halfLifeMs`. */
export class DecayingRate {
  readonly #halfLifeMs: number;
  readonly #now: () => number;
  #weight = 0;
  #at: number;

  constructor(halfLifeMs: number, now: () => number = () => performance.now()) {
    this.#halfLifeMs = halfLifeMs;
    this.#now = now;
    this.#at = now();
  }

  add(count: number): void {
    this.#decay();
    this.#weight += count;
  }

  get perSecond(): number {
    this.#decay();
    return (this.#weight * Math.LN2 * 1000) / this.#halfLifeMs;
  }

  #decay(): void {
    const now = this.#now();
    this.#weight *= 2 ** ((this.#at - now) / this.#halfLifeMs);
    this.#at = now;
  }
}
