import { createRedisClient, type RedisClient, type RedisConnection } from '@backend2/streams';
import type { Repository, SchemaDefinition } from 'redis-om';
import type { Service } from '../lifecycle/service.ts';
import { hashConnection } from './hash-connection.ts';
import { revocationEntities, type RevocationEntities } from './revocation-entities.ts';
import { systemHealthEntity, type SystemHealthEntity } from './system-health-entity.ts';
import { taskResultEntities, type TaskResultEntities } from './task-result-entities.ts';

type EntityRow = Record<string, string | number | boolean | undefined>;

/** Makes the repository of one kind of entity; the stored key is `<prefix><name>:<id>`. */
export type RepositoryMaker = (
  name: string,
  fields: SchemaDefinition,
  ttlSeconds: number,
) => Promise<Repository<EntityRow>>;

export interface EntityOptions {
  /** Default 30. */
  readonly healthTtlSeconds?: number;
  /** At least an access token's life. Default that of a week-long token. */
  readonly revocationTtlSeconds?: number;
  /** Default 86,400. */
  readonly resultTtlSeconds?: number;
  /** Bytes of Redis that results may take. Default 64 MiB. */
  readonly resultBudget?: number;
  /** Told of connection trouble; the client reconnects by itself. */
  readonly onError?: (error: Error) => void;
}

/** What Redis itself owns, mapped by redis-om over hashes. */
export interface RedisEntities extends Service {
  readonly health: SystemHealthEntity;
  readonly revocations: RevocationEntities;
  readonly results: TaskResultEntities;
}

export const redisEntities = (
  connection: RedisConnection,
  prefix: string,
  options: EntityOptions = {},
): RedisEntities => {
  const {
    healthTtlSeconds = 30,
    revocationTtlSeconds = 604_800,
    resultTtlSeconds = 86_400,
    resultBudget = 67_108_864,
    onError,
  } = options;
  const redis: RedisClient = createRedisClient(connection, 'commands');
  redis.on('error', (error: Error) => onError?.(error));

  const repository: RepositoryMaker = async (name, fields, ttlSeconds) => {
    // Late, because redis-om loads all of node-redis.
    const { Client, Repository: OmRepository, Schema } = await import('redis-om');
    const client = new Client().useNoClose(hashConnection(redis, ttlSeconds));
    return new OmRepository<EntityRow>(
      new Schema(`${prefix}${name}`, fields, { dataStructure: 'HASH' }),
      client,
    );
  };

  return {
    name: 'redis-entities',
    health: systemHealthEntity(repository, healthTtlSeconds),
    revocations: revocationEntities(repository, redis, prefix, revocationTtlSeconds),
    results: taskResultEntities(repository, redis, prefix, {
      ttlSeconds: resultTtlSeconds,
      budget: resultBudget,
    }),
    start: async () => {
      await Promise.all([redis.ping(), import('redis-om')]);
    },
    stop: async () => {
      redis.disconnect();
    },
  };
};
