import type { RedisClient } from '@backend2/streams';
import { once } from './once.ts';
import type { RepositoryMaker } from './redis-entities.ts';

/** Access tokens that are no longer accepted although their time has not come. */
export type Revocation =
  /** All of the user's issued before `before`, epoch seconds. */
  | { readonly kind: 'user'; readonly id: string; readonly before: number }
  | { readonly kind: 'session'; readonly id: string }
  | { readonly kind: 'token'; readonly id: string };

/** Kept for as long as an access token lives: after that the tokens it names have expired. */
export interface RevocationEntities {
  save(revocations: readonly Revocation[]): Promise<void>;
  all(): Promise<Revocation[]>;
  /** False until `markIntact`, and again once Redis has lost its data. */
  isIntact(): Promise<boolean>;
  markIntact(): Promise<void>;
}

const kinds = ['user', 'session', 'token'] as const;

export const revocationEntities = (
  repository: RepositoryMaker,
  redis: RedisClient,
  prefix: string,
  ttlSeconds: number,
): RevocationEntities => {
  /** Which ones there are, by when they end: redis-om finds entities only with a search module. */
  const index = `${prefix}revocation_ids`;
  const mark = `${prefix}revocations_intact`;
  const entities = once(() =>
    repository(
      'revocation',
      { kind: { type: 'string' }, subject: { type: 'string' }, before: { type: 'number' } },
      ttlSeconds,
    ),
  );
  return {
    save: async (revocations) => {
      const repo = await entities();
      const ends = Math.ceil(Date.now() / 1000) + ttlSeconds;
      for (const revocation of revocations) {
        const { kind, id } = revocation;
        const before = kind === 'user' ? revocation.before : undefined;
        await repo.save(`${kind}:${id}`, { kind, subject: id, before });
        await redis.zadd(index, ends, `${kind}:${id}`);
      }
      await redis.expire(index, ttlSeconds);
    },
    isIntact: async () => (await redis.exists(mark)) === 1,
    markIntact: async () => {
      await redis.set(mark, '1');
    },
    all: async () => {
      const repo = await entities();
      const now = Math.floor(Date.now() / 1000);
      await redis.zremrangebyscore(index, '-inf', `(${now}`);
      const ids = await redis.zrange(index, '0', '-1');
      const found: Revocation[] = [];
      for (let from = 0; from < ids.length; from += 500) {
        const rows = await repo.fetch(ids.slice(from, from + 500));
        for (const { kind, subject, before } of rows) {
          const known = kinds.find((name) => name === kind);
          if (!known || typeof subject !== 'string') continue; // it ended between the two reads
          found.push(
            known === 'user'
              ? { kind: known, id: subject, before: Number(before) }
              : { kind: known, id: subject },
          );
        }
      }
      return found;
    },
  };
};
