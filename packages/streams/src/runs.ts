import type { Run } from './run.ts';

/**
 * The runs of one partition, in no order. Not a `Map`: with messages coming and going it makes itself anew all the time,
 * and a table it left refers to the next one. Once one of them is old, each keeps all after it, and every message in them,
 * from the quick collections: more than half of what a busy consumer allocated was left to the slow ones.
 */
export class Runs<T> {
  readonly #list: Run<T>[] = [];

  add(run: Run<T>): void {
    run.place = this.#list.push(run) - 1;
  }

  delete(run: Run<T>): void {
    const last = this.#list.pop();
    if (last === undefined || last === run) return;
    this.#list[run.place] = last;
    last.place = run.place;
  }

  entryIds(): string[] {
    return this.#list.map(({ entry }) => entry.entryId);
  }

  /** Those whose outcome is not on its way yet. */
  going(): Run<T>[] {
    return this.#list.filter(({ settling }) => !settling);
  }

  /** Those whose lease is still ours as far as we know: a lost entry may have come back to us, and run anew beside its first run. */
  leased(): Run<T>[] {
    return this.#list.filter(({ lost }) => !lost);
  }
}
