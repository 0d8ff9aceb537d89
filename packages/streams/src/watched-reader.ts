import type { Redis } from 'ioredis';
import type { Engine } from './engine.ts';
import { errorText } from './envelope.ts';
import { WatchedClient } from './watched-client.ts';

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
  #client: WatchedClient | undefined;
  #loop: Promise<void> | undefined;
  #stopping = false;
  #turnedAt = performance.now();
  #pauseOver: (() => void) | undefined;

  constructor(engine: Engine, options: WatchedReaderOptions<R>) {
    this.#engine = engine;
    this.#options = options;
  }

  /** Rejects where Redis is out of reach, and where it was stopped before. */
  async start(): Promise<void> {
    const client = new WatchedClient(this.#engine);
    this.#client = client;
    try {
      await client.reply(0, client.client.ping());
      if (this.#stopping) throw new Error(`Reading ${this.#options.what} was stopped before it began.`);
    } catch (error) {
      client.close();
      throw error;
    }
    this.#loop = this.#run(client);
  }

  idleMs(): number {
    return performance.now() - this.#turnedAt;
  }

  /** Cuts a read off: plain reads take nothing, so nothing is lost with them. What was read is waited for until `hard` aborts. */
  async stop(hard?: AbortSignal): Promise<void> {
    this.#stopping = true;
    this.#client?.close();
    this.#pauseOver?.();
    if (hard?.aborted) return;
    await Promise.race([
      this.#loop,
      new Promise<void>((resolve) => hard?.addEventListener('abort', () => resolve(), { once: true })),
    ]);
  }

  async #run(watched: WatchedClient): Promise<void> {
    const { blockMs, read, take } = this.#options;
    let failures = 0;
    while (!this.#stopping) {
      this.#turnedAt = performance.now();
      try {
        await take(await watched.reply(blockMs, read(watched.client)));
        failures = 0;
      } catch (error) {
        if (this.#stopping) return;
        failures++;
        const text = errorText(error);
        this.#engine.warn('reading failed and is tried again', { stream: this.#options.what, error: text });
        this.#engine.observer.reconnected?.(this.#options.what, text);
        if (failures > 1) await this.#pause(Math.min(50 * 2 ** failures, 1000));
      }
    }
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
