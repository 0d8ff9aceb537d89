import type { Redis } from 'ioredis';
import { runScript, scripts } from './lua-script.ts';
import { releasedName } from './tick.ts';
import type { TopicKeys } from './topic-keys.ts';

export interface NameReaperOptions {
  readonly keys: TopicKeys;
  readonly group: string;
  readonly leaseMs: number;
}

const most = 500;
const shortestPauseMs = 5000;
/** So many consumers may each look at all names after the shortest pause. */
const reapersAtEase = 100;

/**
 * Until a consumer looks for names to remove again, after a look that removed `removed` and left `left`. Each looks at the
 * names of all: where there is nothing to remove the pause doubles, the further the more consumers there are.
 */
export const reapPauseMs = (leaseMs: number, lastPauseMs: number, removed: number, left: number): number => {
  const shortest = Math.max(leaseMs, shortestPauseMs);
  if (removed > 0) return shortest;
  return Math.max(shortest, Math.min(2 * lastPauseMs, (shortest * left) / reapersAtEase));
};

/** Removes the names of consumers that are gone and hold nothing; every consumer of a group has one. */
export class NameReaper {
  readonly #options: NameReaperOptions;
  #nextAt = 0;
  #pauseMs = 0;

  constructor(options: NameReaperOptions) {
    this.#options = options;
  }

  isDue(): boolean {
    return performance.now() >= this.#nextAt;
  }

  async reap(client: Redis): Promise<void> {
    const { keys, group, leaseMs } = this.#options;
    this.#nextAt = performance.now() + Math.max(leaseMs, shortestPauseMs);
    const given = [group, Math.max(3 * leaseMs, shortestPauseMs), releasedName, most];
    const [removed, left] = (await runScript(client, scripts.reap, [keys.stream], given)) as [number, number];
    this.#pauseMs = reapPauseMs(leaseMs, this.#pauseMs, removed, left);
    this.#nextAt = removed === most ? 0 : performance.now() + this.#pauseMs;
  }
}
