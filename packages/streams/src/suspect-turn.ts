import type { Slots } from './slots.ts';

/**
 * An entry on its last delivery may be what kills its consumers, or what was in hand beside that. It runs by itself, so that
 * one that kills takes no other's last delivery with it. What goes on for too long meanwhile is not waited for.
 */
export class SuspectTurn {
  readonly #slots: Slots;
  readonly #patienceMs: number;
  #waiting: { readonly entryId: string; readonly patientUntil: number } | undefined;

  constructor(slots: Slots, patienceMs: number) {
    this.#slots = slots;
    this.#patienceMs = patienceMs;
  }

  /** Whether one waits until nothing else is in hand, and nothing more is to be read. */
  get wanted(): boolean {
    return this.#waiting !== undefined;
  }

  /** @param entryId of one that was seen; empty where there was none. */
  seen(entryId: string): void {
    if (entryId === '' || this.#waiting || !this.#slots.wantAll()) return;
    this.#waiting = { entryId, patientUntil: performance.now() + this.#patienceMs };
  }

  /**
   * Answers whether one had its turn now.
   * @param claim begins the one of this id or one after it, and answers how many it began: none where others had taken it.
   */
  async take(claim: (entryId: string) => Promise<number>): Promise<boolean> {
    const waiting = this.#waiting;
    if (!waiting || !this.#slots.takeAll(performance.now() >= waiting.patientUntil)) return false;
    this.#waiting = undefined;
    let begun = 0;
    try {
      begun = await claim(waiting.entryId);
    } finally {
      if (begun === 0) {
        this.#slots.leaveAll();
        this.#slots.give(1);
      }
    }
    return true;
  }
}
