import type { RedisClient } from '@backend2/streams';
import type { RedisConnection } from 'redis-om';

/** The part of node-redis that redis-om uses for entities kept as hashes. */
interface HashConnection {
  hGetAll(key: string): Promise<Record<string, string>>;
  unlink(keys: string[]): Promise<number>;
  expire(key: string, seconds: number): Promise<number>;
  expireAt(key: string, at: number | Date): Promise<number>;
  multi(): HashTransaction;
}

interface HashTransaction {
  unlink(key: string): HashTransaction;
  hSet(key: string, fields: Record<string, string>): HashTransaction;
  exec(): Promise<unknown>;
}

/**
 * Lets redis-om run over the process's ioredis client. node-redis 4 knows no Sentinel; and here an entity's lifetime is
 * part of the transaction that saves it, where `save` and then `expire` could leave one that never goes.
 *
 * @param ttlSeconds of every entity saved through the connection.
 */
export const hashConnection = (redis: RedisClient, ttlSeconds: number): RedisConnection => {
  const connection: HashConnection = {
    hGetAll: (key) => redis.hgetall(key),
    // One command a key: in a Cluster several keys of one command must share a slot.
    unlink: async (keys) => {
      const removed = await Promise.all(keys.map((key) => redis.unlink(key)));
      return removed.reduce((sum, count) => sum + count, 0);
    },
    expire: (key, seconds) => redis.expire(key, seconds),
    expireAt: (key, at) => redis.expireat(key, at instanceof Date ? Math.floor(at.getTime() / 1000) : at),
    multi: () => {
      const commands = redis.multi();
      const transaction: HashTransaction = {
        unlink: (key) => {
          commands.unlink(key);
          return transaction;
        },
        hSet: (key, fields) => {
          commands.hset(key, fields).expire(key, ttlSeconds);
          return transaction;
        },
        exec: async () => {
          const results = await commands.exec();
          const failed = results?.find(([error]) => error !== null);
          if (!results || failed) throw failed?.[0] ?? new Error('Redis dropped the transaction.');
          return results.map(([, result]) => result);
        },
      };
      return transaction;
    },
  };
  return connection as unknown as RedisConnection;
};
