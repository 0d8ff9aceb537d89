import { Redis } from 'ioredis';
import { type Contender, type Handle, slots } from '../contender.ts';
import type { Job } from '../job.ts';

const stream = 'bench-bare';
const group = 'bench';
const blockMs = 100;

type Reply = [stream: string, entries: [id: string, fields: string[]][]][] | null;

const connect = (url: string) => new Redis(url, { protocol: 2, maxRetriesPerRequest: null });

const ensureGroup = async (redis: Redis) => {
  try {
    await redis.xgroup('CREATE', stream, group, '0', 'MKSTREAM');
  } catch (error) {
    if (!(error instanceof Error && error.message.startsWith('BUSYGROUP'))) throw error;
  }
};

/**
 * As little as can be done: one connection, and one round trip for the settling of a batch and the reading of the next. It
 * claims, renews, retries and notices nothing.
 */
const consume = async (redis: Redis, handle: Handle, stopping: AbortSignal) => {
  let done: string[] = [];
  while (!stopping.aborted) {
    const pipeline = redis.pipeline();
    if (done.length > 0) pipeline.xack(stream, group, ...done).xdel(stream, ...done);
    pipeline.xreadgroup('GROUP', group, 'one', 'COUNT', slots, 'BLOCK', blockMs, 'STREAMS', stream, '>');
    const results = (await pipeline.exec()) ?? [];
    const failed = results.find(([error]) => error !== null)?.[0];
    if (failed) throw failed;
    const entries = (results.at(-1)?.[1] as Reply)?.[0]?.[1] ?? [];
    await Promise.all(entries.map(([, fields]) => handle(JSON.parse(fields[1] ?? '') as Job)));
    done = entries.map(([id]) => id);
  }
  if (done.length > 0)
    await redis
      .pipeline()
      .xack(stream, group, ...done)
      .xdel(stream, ...done)
      .exec();
};

export const bare: Contender = {
  name: 'bare',

  async openProducer(url) {
    const redis = connect(url);
    await redis.ping();
    return {
      publish: (job) => redis.xadd(stream, '*', 'p', JSON.stringify(job)),
      async publishMany(jobs) {
        const pipeline = redis.pipeline();
        for (const job of jobs) pipeline.xadd(stream, '*', 'p', JSON.stringify(job));
        await pipeline.exec();
      },
      close: async () => redis.disconnect(),
    };
  },

  async startConsumer(url, handle) {
    const redis = connect(url);
    await ensureGroup(redis);
    const stopping = new AbortController();
    const running = consume(redis, handle, stopping.signal);
    return {
      async stop() {
        stopping.abort();
        await running;
        redis.disconnect();
      },
    };
  },
};
