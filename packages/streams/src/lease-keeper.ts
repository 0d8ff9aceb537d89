import type { Engine } from './engine.ts';
import { errorText } from './envelope.ts';
import { runScript, scripts } from './lua-script.ts';

export interface LeaseKeeperOptions {
  readonly topic: string;
  readonly stream: string;
  readonly group: string;
  readonly consumer: string;
  readonly leaseMs: number;
  /** Entries whose leases are to be renewed. */
  readonly holding: () => string[];
  readonly onLost: (entryIds: readonly string[]) => void;
}

const perScript = 1000;

/** Renews the leases of what a consumer holds on one partition, every third of a lease. */
export class LeaseKeeper {
  readonly #engine: Engine;
  readonly #options: LeaseKeeperOptions;
  #timer: NodeJS.Timeout | undefined;
  #renewing = false;

  constructor(engine: Engine, options: LeaseKeeperOptions) {
    this.#engine = engine;
    this.#options = options;
  }

  start(): void {
    this.#timer = setInterval(() => void this.#renew(), Math.max(1, Math.floor(this.#options.leaseMs / 3)));
  }

  stop(): void {
    clearInterval(this.#timer);
  }

  async #renew(): Promise<void> {
    if (this.#renewing) return;
    const { stream, group, consumer, holding, onLost } = this.#options;
    const held = holding();
    this.#renewing = true;
    try {
      for (let from = 0; from < held.length; from += perScript) {
        const some = held.slice(from, from + perScript);
        const lost = (await runScript(
          this.#engine.commands,
          scripts.renew,
          [stream],
          [group, consumer, ...some],
        )) as string[];
        if (lost.length > 0) onLost(lost);
      }
    } catch (error) {
      this.#engine.warn('renewing leases failed and is tried again', {
        topic: this.#options.topic,
        error: errorText(error),
      });
    } finally {
      this.#renewing = false;
    }
  }
}
