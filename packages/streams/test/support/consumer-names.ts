import type { Redis } from 'ioredis';

/** Of a group, the name that released entries are kept under included. */
export const consumerNames = async (redis: Redis, stream: string, group: string): Promise<string[]> => {
  const infos = (await redis.xinfo('CONSUMERS', stream, group)) as unknown[][];
  return infos.map((info) => String(info[1]));
};
