import type { Redis } from 'ioredis';
import type { Engine } from './engine.ts';
import type { RedisClient } from './redis-connection.ts';

/** Milliseconds a reply may be overdue before its connection is taken for dead. */
const overdueMs = 2000;
/** So much longer for the first one: where everything starts at once it is slow, and a start is not tried again. */
const firstMoreMs = 8000;
const lookEveryMs = 500;

interface Awaited {
  readonly dueAt: number;
  readonly giveUp: (error: Error) => void;
}

/**
 * A connection for one reader. A half-dead connection gives neither a reply nor an error: where one is overdue the
 * reader gets errors for all it awaits, and a new connection for what it asks next.
 */
export class WatchedClient {
  readonly #engine: Engine;
  readonly #look: NodeJS.Timeout;
  /** One or two; a list, as a `Set` that is filled and emptied all the time keeps what was in it (see `Runs`). */
  #awaited: readonly Awaited[] = [];
  #client: RedisClient;
  #strikes = 0;
  #heard = false;

  constructor(engine: Engine) {
    this.#engine = engine;
    this.#client = engine.connect('reader');
    this.#look = setInterval(() => this.#checkOverdue(), lookEveryMs);
    this.#look.unref();
  }

  /** Cluster's type lacks some overloads of the commands it takes all the same. */
  get client(): Redis {
    return this.#client as Redis;
  }

  /** @param expectedMs the longest that the reply may rightly take. */
  reply<R>(expectedMs: number, reply: Promise<R>): Promise<R> {
    return new Promise((resolve, reject) => {
      const patienceMs = this.#heard ? overdueMs : overdueMs + firstMoreMs;
      const awaited = { dueAt: performance.now() + expectedMs + patienceMs, giveUp: reject };
      this.#awaited = [...this.#awaited, awaited];
      reply
        .finally(() => this.#answered(awaited))
        .then((value) => {
          this.#heard = true;
          resolve(value);
        }, reject);
    });
  }

  #answered(awaited: Awaited): void {
    this.#awaited = this.#awaited.filter((other) => other !== awaited);
  }

  /** What is still awaited is given up. */
  close(): void {
    clearInterval(this.#look);
    this.#client.disconnect();
    this.#giveUp('The connection was closed.');
  }

  #giveUp(why: string): void {
    const awaited = this.#awaited;
    this.#awaited = [];
    for (const { giveUp } of awaited) giveUp(new Error(why));
  }

  /** Two looks in a row, as this process itself may have been what stood still. */
  #checkOverdue(): void {
    const now = performance.now();
    const overdue = this.#awaited.some(({ dueAt }) => dueAt <= now);
    this.#strikes = overdue ? this.#strikes + 1 : 0;
    if (this.#strikes < 2) return;
    this.#strikes = 0;
    const dead = this.#client;
    this.#client = this.#engine.connect('reader');
    dead.disconnect();
    this.#giveUp('The connection gave no reply in time and was replaced.');
  }
}
