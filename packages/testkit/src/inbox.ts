import { patienceMs } from './patience.ts';

export interface Inbox<T> {
  push(item: T): void;
  /** The oldest item not yet taken, waiting for one up to `timeoutMs` (default `patienceMs`), then rejecting. */
  next(timeoutMs?: number): Promise<T>;
  /** The next `count` items in order. */
  take(count: number, timeoutMs?: number): Promise<T[]>;
  /** Everything ever pushed. */
  readonly all: readonly T[];
}

/** @param what an item is, for the message of an error. */
export function inbox<T>(what = 'item'): Inbox<T> {
  const all: T[] = [];
  let taken = 0;
  const waiting = new Set<() => void>();

  const next = async (timeoutMs = patienceMs): Promise<T> => {
    const mine = taken;
    taken += 1;
    if (all.length <= mine) {
      await new Promise<void>((resolve, reject) => {
        const wake = () => {
          if (all.length <= mine) return;
          clearTimeout(timer);
          waiting.delete(wake);
          resolve();
        };
        const timer = setTimeout(() => {
          waiting.delete(wake);
          reject(new Error(`${what} ${mine + 1} did not arrive within ${timeoutMs} ms; ${all.length} did`));
        }, timeoutMs);
        waiting.add(wake);
      });
    }
    return all[mine] as T;
  };

  return {
    all,
    next,
    push: (item) => {
      all.push(item);
      for (const wake of waiting) wake();
    },
    take: (count, timeoutMs) => Promise.all(Array.from({ length: count }, () => next(timeoutMs))),
  };
}
