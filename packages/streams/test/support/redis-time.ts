import type { Redis } from 'ioredis';

/** Redis's time. */
export const redisMilliseconds = async (redis: Redis): Promise<number> => {
  const [seconds, micros] = await redis.time();
  return Number(seconds) * 1000 + Math.floor(Number(micros) / 1000);
};

/** Resolves in a later millisecond of Redis: a stream made anew within the same one would give its entry ids again. */
export const nextMillisecond = async (redis: Redis): Promise<void> => {
  const begun = await redisMilliseconds(redis);
  while ((await redisMilliseconds(redis)) <= begun);
};
