import type { Redis } from 'ioredis';

/** How many there are to the logical database of `url`. */
export const connectionsTo = async (redis: Redis, url: string): Promise<number> => {
  const list = (await redis.client('LIST')) as string;
  return list.split('\n').filter((line) => line.includes(` db=${new URL(url).pathname.slice(1)} `)).length;
};
