import type { Log, Service } from '@backend2/service-kit';
import type { RedisClient } from '@backend2/streams';

/** Holds a Redis client open from start to stop; it reconnects by itself. */
export const redisService = (client: RedisClient, log: Log): Service => {
  client.on('error', (error: Error) => log.debug({ err: error }, 'redis connection failed'));
  return {
    name: 'redis',
    start: async () => {
      await client.ping();
    },
    stop: async () => client.disconnect(),
  };
};
