import type { Lane } from '@backend2/contracts';

/** How long subtasks of each kind took lately on each lane; a moving average that the last hundred or so decide. */
export class RunTimes {
  readonly #average = new Map<string, number>();

  add(lane: Lane, kind: string, durationMs: number): void {
    const key = `${lane} ${kind}`;
    const known = this.#average.get(key);
    this.#average.set(key, known === undefined ? durationMs : known + (durationMs - known) / 50);
  }

  /** Seconds that so many take over so many slots; null while nothing is known. */
  estimateSeconds(lane: Lane, kind: string, subtasks: number, slots: number): number | null {
    const average = this.#average.get(`${lane} ${kind}`);
    if (average === undefined || slots === 0) return null;
    return (Math.ceil(subtasks / slots) * average) / 1000;
  }
}
