import type { RedisConnection } from '@backend2/streams';
import { Cluster, Redis } from 'ioredis';

export type RedisClient = Redis | Cluster;

/**
 * The edge's own connection, for rate limits and idempotency keys: it fails at once while Redis is away, because
 * requests wait for it. `onError` is told of connection trouble.
 */
export const edgeRedis = (connection: RedisConnection, onError: (error: Error) => void): RedisClient => {
  const quick = { enableOfflineQueue: false, maxRetriesPerRequest: 1, commandTimeout: 1000 };
  const access = (of: { username?: string; password?: string; tls?: boolean }) => ({
    ...(of.username === undefined ? {} : { username: of.username }),
    ...(of.password === undefined ? {} : { password: of.password }),
    ...(of.tls ? { tls: {} } : {}),
  });
  const client = ((): RedisClient => {
    switch (connection.kind) {
      case 'single':
        return new Redis(connection.url, quick);
      case 'sentinel':
        return new Redis({
          ...quick,
          ...access(connection),
          sentinels: [...connection.sentinels],
          name: connection.master,
          db: connection.db ?? 0,
          ...(connection.sentinelPassword === undefined
            ? {}
            : { sentinelPassword: connection.sentinelPassword }),
        });
      case 'cluster':
        return new Cluster([...connection.nodes], {
          enableOfflineQueue: false,
          redisOptions: { maxRetriesPerRequest: 1, commandTimeout: 1000, ...access(connection) },
        });
    }
  })();
  client.on('error', onError);
  return client;
};
