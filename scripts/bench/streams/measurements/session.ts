import type { ContenderName } from '../contender.ts';
import { Peer } from '../peer.ts';
import type { BenchRedis } from '../redis-server.ts';

/** One contender on an empty Redis: a process that publishes and one that consumes, both warm. */
export interface Session {
  readonly redis: BenchRedis;
  readonly producer: Peer;
  readonly consumer: Peer;
}

/** Jobs of one bulk call. */
export const chunk = 1000;

export const withSession = async <T>(
  redis: BenchRedis,
  contender: ContenderName,
  warmUpJobs: number,
  run: (session: Session) => Promise<T>,
): Promise<T> => {
  await redis.reset();
  const producer = await Peer.open(contender, redis.url, 'producer');
  const consumer = await Peer.open(contender, redis.url, 'consumer');
  try {
    await producer.ask({ do: 'publish', count: warmUpJobs, chunk });
    await consumer.ask({ do: 'consume' });
    await consumer.ask({ do: 'handled', count: warmUpJobs });
    await consumer.ask({ do: 'settle' });
    return await run({ redis, producer, consumer });
  } finally {
    await Promise.allSettled([producer.close(), consumer.close()]);
  }
};
