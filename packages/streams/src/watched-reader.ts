import type { Redis } from 'ioredis';
import type { Engine } from './engine.ts';
import type { RedisClient } from './redis-connection.ts';

const overdueMs = 2000;

/** Turns a read on a connection of its own, again and again; a turn that is overdue gets a new connection. */
export class WatchedReader {
  readonly #engine: Engine;
  readonly #what: string;
  readonly #blockMs: number;
  readonly #turn: (client: Redis) => Promise<void>;
  #client: RedisClient | undefined;
  #loop: Promise<void> | undefined;
  #stopping = false;
  #strikes = 0;
  #turnedAt = performance.now();
  #watch: NodeJS.Timeout | undefined;
  #giveUp: ((error: Error) => void) | undefined;
  #pauseOver: (() => void) | undefined;

  constructor(engine: Engine, what: string, blockMs: number, turn: (client: Redis) => Promise<void>) {
    this.#engine = engine;
    this.#what = what;
    this.#blockMs = blockMs;
    this.#turn = turn;
  }

  /** Rejects where Redis is out of reach. */
  async start(): Promise<void> {
    this.#client = this.#engine.connect('reader');
    try {
      await this.#client.ping();
    } catch (error) {
      this.#client.disconnect();
      throw error;
    }
    this.#turnedAt = performance.now();
    this.#watch = setInterval(() => this.#check(), 500);
    this.#watch.unref();
    this.#loop = this.#run();
  }

  idleMs(): number {
    return performance.now() - this.#turnedAt;
  }

  /** Cuts the read off: plain reads take nothing, so nothing is lost with them. */
  async stop(): Promise<void> {
    this.#stopping = true;
    clearInterval(this.#watch);
    this.#client?.disconnect();
    this.#giveUp?.(new Error('stopped'));
    this.#pauseOver?.();
    await this.#loop;
  }

  async #run(): Promise<void> {
    let failures = 0;
    while (!this.#stopping) {
      this.#turnedAt = performance.now();
      const overdue = new Promise<never>((_, reject) => {
        this.#giveUp = reject;
      });
      try {
        await Promise.race([this.#turn(this.#client as Redis), overdue]);
        failures = 0;
      } catch (error) {
        if (this.#stopping) return;
        failures++;
        const text = error instanceof Error ? error.message : String(error);
        this.#engine.warn('reading failed and is tried again', { stream: this.#what, error: text });
        this.#engine.observer.reconnected?.(this.#what, text);
        if (failures > 1) await this.#pause(Math.min(50 * 2 ** failures, 1000));
      }
    }
  }

  /** Two looks in a row, as this process itself may have been what stood still. */
  #check(): void {
    const overdue = this.#giveUp !== undefined && this.idleMs() >= this.#blockMs + overdueMs;
    this.#strikes = overdue ? this.#strikes + 1 : 0;
    if (this.#strikes < 2) return;
    this.#strikes = 0;
    const dead = this.#client;
    this.#client = this.#engine.connect('reader');
    dead?.disconnect();
    this.#giveUp?.(new Error('The connection gave no reply in time and was replaced.'));
  }

  #pause(ms: number): Promise<void> {
    return new Promise((resolve) => {
      const timer = setTimeout(resolve, ms);
      this.#pauseOver = () => {
        clearTimeout(timer);
        resolve();
      };
    });
  }
}
