import type { RedisClient } from '@backend2/streams';
import type { ClientRateLimitInfo, Store } from 'express-rate-limit';

// KEYS[1] counter  ARGV[1] window in ms  returns {count, ms left}
const countScript = `
local count = redis.call('INCR', KEYS[1])
local left = redis.call('PTTL', KEYS[1])
if left < 0 then
  redis.call('PEXPIRE', KEYS[1], ARGV[1])
  left = tonumber(ARGV[1])
end
return {count, left}`;

/** Every request waits for this, so it may not wait for Redis to come back. */
const patienceMs = 500;

const soon = async <T>(reply: Promise<T>): Promise<T> => {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<never>((_resolve, reject) => {
    const give = (): void => reject(new Error(`Redis did not count within ${patienceMs} ms`));
    timer = setTimeout(give, patienceMs);
  });
  try {
    return await Promise.race([reply, late]);
  } finally {
    clearTimeout(timer);
  }
};

/** Fixed windows, each a counter that expires; the same for every gateway. */
export class RedisRateLimitStore implements Store {
  readonly localKeys = false;
  readonly prefix: string;
  readonly #redis: RedisClient;
  #windowMs = 60_000;

  constructor(redis: RedisClient, prefix: string) {
    this.#redis = redis;
    this.prefix = prefix;
  }

  init({ windowMs }: { windowMs: number }): void {
    this.#windowMs = windowMs;
  }

  async increment(key: string): Promise<ClientRateLimitInfo> {
    const reply = await soon(this.#redis.eval(countScript, 1, this.prefix + key, this.#windowMs));
    const [totalHits, leftMs] = reply as [number, number];
    return { totalHits, resetTime: new Date(Date.now() + leftMs) };
  }

  async decrement(key: string): Promise<void> {
    await this.#redis.decr(this.prefix + key);
  }

  async resetKey(key: string): Promise<void> {
    await this.#redis.del(this.prefix + key);
  }
}
