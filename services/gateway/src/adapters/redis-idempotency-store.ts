import type { RedisClient } from '@backend2/streams';
import type { Begun, IdempotencyStore } from '../http/idempotency.ts';

/** How long an answer is replayed. */
const keepMs = 24 * 3_600_000;

// KEYS[1] record  ARGV[1] fingerprint [2] token [3] id [4] lock in ms [5] keep in ms
// returns {'yours', id} | {'running'} | {'differs'} | {'done', answer}
const beginScript = `
local time = redis.call('TIME')
local now = time[1] * 1000 + math.floor(time[2] / 1000)
local record = redis.call('HMGET', KEYS[1], 'fingerprint', 'answer', 'lockedUntil', 'id')
if record[1] and record[1] ~= ARGV[1] then return {'differs'} end
if record[2] then return {'done', record[2]} end
if record[3] and tonumber(record[3]) > now then return {'running'} end
local id = record[4] or ARGV[3]
redis.call('HSET', KEYS[1], 'fingerprint', ARGV[1], 'token', ARGV[2], 'id', id, 'lockedUntil', now + ARGV[4])
redis.call('PEXPIRE', KEYS[1], ARGV[5])
return {'yours', id}`;

// KEYS[1] record  ARGV[1] token [2] answer [3] keep in ms
const finishScript = `
if redis.call('HGET', KEYS[1], 'token') ~= ARGV[1] then return 0 end
redis.call('HSET', KEYS[1], 'answer', ARGV[2])
return redis.call('PEXPIRE', KEYS[1], ARGV[3])`;

// KEYS[1] record  ARGV[1] token
const releaseScript = `
if redis.call('HGET', KEYS[1], 'token') ~= ARGV[1] then return 0 end
return redis.call('DEL', KEYS[1])`;

// KEYS[1] record  ARGV[1] token
const yieldScript = `
if redis.call('HGET', KEYS[1], 'token') ~= ARGV[1] then return 0 end
return redis.call('HSET', KEYS[1], 'lockedUntil', 0)`;

export const redisIdempotencyStore = (redis: RedisClient, prefix: string): IdempotencyStore => {
  const keyOf = (key: string): string => `${prefix}{idempotency}:${key}`;
  return {
    begin: async (key, fingerprint, token, id, lockMs) => {
      const reply = await redis.eval(beginScript, 1, keyOf(key), fingerprint, token, id, lockMs, keepMs);
      const [kind, text = ''] = reply as [Begun['kind'], string?];
      switch (kind) {
        case 'yours':
          return { kind, id: text };
        case 'done':
          return { kind, answer: text };
        case 'running':
        case 'differs':
          return { kind };
      }
    },
    finish: async (key, token, answer) => {
      await redis.eval(finishScript, 1, keyOf(key), token, answer, keepMs);
    },
    release: async (key, token) => {
      await redis.eval(releaseScript, 1, keyOf(key), token);
    },
    yield: async (key, token) => {
      await redis.eval(yieldScript, 1, keyOf(key), token);
    },
  };
};
