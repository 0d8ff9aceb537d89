import type { Redis } from 'ioredis';

/** Id of the newest entry a stream ever had, `0-0` where it never had one. */
export const newestEntry = async (client: Redis, key: string): Promise<string> => {
  try {
    const info = (await client.xinfo('STREAM', key)) as unknown[];
    return String(info[info.indexOf('last-generated-id') + 1]);
  } catch (error) {
    if (error instanceof Error && error.message.includes('no such key')) return '0-0';
    throw error;
  }
};
