import type { Redis } from 'ioredis';
import type { Engine } from './engine.ts';
import type { RedisClient } from './redis-connection.ts';

const overdueMs = 2000;

export interface WatchedReaderOptions<R> {
  /** What is read, for warnings. */
  readonly what: string;
  /** The longest a read may rightly take. */
  readonly blockMs: number;
  readonly read: (client: Redis) => Promise<R>;
  /** What was read; it may take its time, and the next read waits for it. */
  readonly take: (read: R) => void | Promise<void>;
}

/** Reads on a connection of its own, again and again; where a read is overdue it gets a new connection. */
export class WatchedReader<R> {
  readonly #engine: Engine;
  readonly #options: WatchedReaderOptions<R>;
  #client: RedisClient | undefined;
  #loop: Promise<void> | undefined;
  #stopping = false;
  #strikes = 0;
  #turnedAt = performance.now();
  #readingSince: number | undefined;
  #watch: NodeJS.Timeout | undefined;
  #giveUp: ((error: Error) => void) | undefined;
  #pauseOver: (() => void) | undefined;

  constructor(engine: Engine, options: WatchedReaderOptions<R>) {
    this.#engine = engine;
    this.#options = options;
  }

  /** Rejects where Redis is out of reach. */
  async start(): Promise<void> {
    this.#client = this.#engine.connect('reader');
    this.#watch = setInterval(() => this.#check(), 500);
    this.#watch.unref();
    try {
      await this.#watched(this.#client.ping());
    } catch (error) {
      clearInterval(this.#watch);
      this.#client.disconnect();
      throw error;
    }
    this.#loop = this.#run();
  }

  idleMs(): number {
    return performance.now() - this.#turnedAt;
  }

  /** Cuts a read off: plain reads take nothing, so nothing is lost with them. What was read is waited for until `hard` aborts. */
  async stop(hard?: AbortSignal): Promise<void> {
    this.#stopping = true;
    clearInterval(this.#watch);
    this.#client?.disconnect();
    this.#giveUp?.(new Error('stopped'));
    this.#pauseOver?.();
    if (hard?.aborted) return;
    await Promise.race([
      this.#loop,
      new Promise<void>((resolve) => hard?.addEventListener('abort', () => resolve(), { once: true })),
    ]);
  }

  async #run(): Promise<void> {
    let failures = 0;
    while (!this.#stopping) {
      this.#turnedAt = performance.now();
      try {
        await this.#options.take(await this.#watched(this.#options.read(this.#client as Redis)));
        failures = 0;
      } catch (error) {
        if (this.#stopping) return;
        failures++;
        const text = error instanceof Error ? error.message : String(error);
        this.#engine.warn('reading failed and is tried again', { stream: this.#options.what, error: text });
        this.#engine.observer.reconnected?.(this.#options.what, text);
        if (failures > 1) await this.#pause(Math.min(50 * 2 ** failures, 1000));
      }
    }
  }

  /** Rejects once the reply has been overdue for long: a half-dead connection gives neither a reply nor an error. */
  async #watched<T>(reply: Promise<T>): Promise<T> {
    this.#readingSince = performance.now();
    const overdue = new Promise<never>((_, reject) => {
      this.#giveUp = reject;
    });
    try {
      return await Promise.race([reply, overdue]);
    } finally {
      this.#readingSince = undefined;
      this.#giveUp = undefined;
    }
  }

  /** Two looks in a row, as this process itself may have been what stood still. */
  #check(): void {
    const since = this.#readingSince;
    const overdue = since !== undefined && performance.now() >= since + this.#options.blockMs + overdueMs;
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
