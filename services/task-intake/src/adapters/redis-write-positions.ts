import type { Lsn } from '@backend2/database';
import type { RedisClient } from '@backend2/streams';
import type { WritePositions } from '../streams/read-your-writes.ts';

// KEYS[1] position  ARGV[1] position as 16 hex digits [2] keep in ms
const raiseScript = `
local known = redis.call('GET', KEYS[1])
if known and known > ARGV[1] then return redis.call('PEXPIRE', KEYS[1], ARGV[2]) end
return redis.call('SET', KEYS[1], ARGV[1], 'PX', ARGV[2])`;

/** Sixteen hex digits, so that the later of two is the greater text. */
const encode = (lsn: Lsn): string =>
  lsn
    .split('/')
    .map((half) => half.toUpperCase().padStart(8, '0'))
    .join('');
const decode = (text: string): Lsn => `${text.slice(0, 8)}/${text.slice(8)}`;

/** In Redis, because the next read may be answered by another process. */
export const redisWritePositions = (redis: RedisClient, prefix: string, keepMs: number): WritePositions => {
  const keyOf = (scope: string): string => `${prefix}written:${scope}`;
  return {
    raise: async (scopes, lsn) => {
      const position = encode(lsn);
      await Promise.all(scopes.map((scope) => redis.eval(raiseScript, 1, keyOf(scope), position, keepMs)));
    },
    furthest: async (scopes) => {
      const known = await Promise.all(scopes.map((scope) => redis.get(keyOf(scope))));
      const last = known
        .filter((position) => position !== null)
        .toSorted()
        .at(-1);
      return last === undefined ? undefined : decode(last);
    },
  };
};
