import { mkdtempSync, rmSync } from 'node:fs';
import { open, readdir } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import { startRedis } from '@backend2/dev-stack';
import { Redis } from 'ioredis';

export interface RedisUse {
  readonly cpuMicros: number;
  /** Of each command, those inside scripts included. */
  readonly calls: ReadonlyMap<string, number>;
}

/** The bench's own Redis: append-only, synced every second, as deployed; it rewrites its file only between measurements. */
export class BenchRedis {
  readonly url: string;
  readonly #dir: string;
  readonly #client: Redis;
  readonly #close: () => Promise<void>;

  private constructor(url: string, dir: string, close: () => Promise<void>) {
    this.url = url;
    this.#dir = dir;
    this.#client = new Redis(url, { protocol: 2 });
    this.#close = close;
  }

  static async start(): Promise<BenchRedis> {
    const dir = mkdtempSync(join(tmpdir(), 'backend2-bench-'));
    const server = await startRedis({
      dir,
      durable: true,
      removeOnDeath: true,
      settings: { 'auto-aof-rewrite-percentage': '0' },
    });
    return new BenchRedis(server.url, dir, async () => {
      await server.stop();
      rmSync(dir, { recursive: true, force: true });
    });
  }

  async version(): Promise<string> {
    return field(await this.#client.info('server'), 'redis_version');
  }

  /** Empties the server and its file. */
  async reset(): Promise<void> {
    await this.#client.flushall('SYNC');
    await this.#client.bgrewriteaof();
    while (field(await this.#client.info('persistence'), 'aof_rewrite_in_progress') === '1') await wait(5);
    await this.#client.config('RESETSTAT');
  }

  /** Resolves when what was appended so far is on disk: a disk still busy with it stalls Redis at its next append. */
  async onDisk(): Promise<void> {
    for (const entry of await readdir(this.#dir, { recursive: true, withFileTypes: true })) {
      if (!entry.isFile() || !entry.name.includes('.aof')) continue;
      const file = await open(join(entry.parentPath, entry.name), 'r+');
      try {
        await file.datasync();
      } finally {
        await file.close();
      }
    }
  }

  async use(): Promise<RedisUse> {
    const cpu = await this.#client.info('cpu');
    const calls = new Map<string, number>();
    for (const [, name = '', count] of (await this.#client.info('commandstats')).matchAll(
      /^cmdstat_([^:]+):calls=(\d+)/gm,
    )) {
      if (!watching.test(name)) calls.set(name, Number(count));
    }
    const seconds = Number(field(cpu, 'used_cpu_user')) + Number(field(cpu, 'used_cpu_sys'));
    return { cpuMicros: seconds * 1e6, calls };
  }

  /** What the data takes: clients' and the append-only file's buffers left out. */
  async dataBytes(): Promise<number> {
    const memory = await this.#client.info('memory');
    const of = (name: string) => Number(field(memory, name));
    return of('used_memory') - of('mem_clients_normal') - of('mem_aof_buffer');
  }

  async close(): Promise<void> {
    this.#client.disconnect();
    await this.#close();
  }
}

/** What the bench itself asks. */
const watching = /^(info|config|flushall|bgrewriteaof|client|hello|select|ping)/;

const field = (info: string, name: string): string => {
  const found = new RegExp(`^${name}:(.*?)\\r?$`, 'm').exec(info)?.[1];
  if (found === undefined) throw new Error(`Redis says nothing of ${name}`);
  return found;
};

/** Calls between two looks, per job. */
export const callsPerJob = (before: RedisUse, after: RedisUse, jobs: number): number => {
  let calls = 0;
  for (const [name, count] of after.calls) calls += count - (before.calls.get(name) ?? 0);
  return calls / jobs;
};
