const LARGEST_KEPT = 16 * 1024 * 1024;

/**
 * Memory used again by one picture after the other in the same thread: the garbage collector sees large arrays too
 * late. What is asked for is not cleared.
 */
export class Scratch {
  #kept = new Uint8Array(0);

  take(bytes: number): Uint8Array {
    if (bytes > LARGEST_KEPT) return new Uint8Array(bytes);
    if (this.#kept.length < bytes) this.#kept = new Uint8Array(bytes);
    return this.#kept.subarray(0, bytes);
  }
}
