/**
 * Whether Redis may lack what the books say it holds. It begins in doubt: nobody knows what an earlier dispatcher left.
 */
export class Doubts {
  #raised = 1;
  #settled = 0;

  get standing(): boolean {
    return this.#raised > this.#settled;
  }

  raise(): void {
    this.#raised += 1;
  }

  /** Work between whose steps the two differ: a doubt stays if it fails, and so do all others, from before it or meanwhile. */
  async risk<T>(work: () => Promise<T>): Promise<T> {
    const standing = this.standing;
    this.raise();
    const own = this.#raised;
    const result = await work();
    if (!standing) this.#settled = own;
    return result;
  }

  /** Work that finds out: every doubt from before it is gone once it is done. */
  async settle(work: () => Promise<void>): Promise<void> {
    const upTo = this.#raised;
    await work();
    this.#settled = upTo;
  }
}
