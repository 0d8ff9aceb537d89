import { Redis } from 'ioredis';
import type { TestScope } from './test-scope.ts';
import { testServer } from './test-servers.ts';

export interface TestRedis {
  /** Ends in the number of the logical database. */
  readonly url: string;
  readonly client: Redis;
}

/** A logical database that no other test has, empty now and emptied at the end. */
export async function useRedis(t: TestScope): Promise<TestRedis> {
  const server = testServer('redisUrl').replace(/\/\d*$/, '');
  const counter = new Redis(`${server}/0`);
  let taken: number;
  let databases: number;
  try {
    const [, configured] = (await counter.config('GET', 'databases')) as [string, string];
    databases = Number(configured);
    taken = await counter.incr('backend2-testkit:databases');
  } finally {
    counter.disconnect();
  }
  // Database 0 holds the counter. Long after a full turn the first ones have been given back.
  const url = `${server}/${1 + ((taken - 1) % (databases - 1))}`;
  const client = new Redis(url);
  await client.flushdb();
  t.teardown(async () => {
    // The test may have closed it.
    const cleaner = client.status === 'ready' ? client : new Redis(url);
    await cleaner.flushdb();
    cleaner.disconnect();
    client.disconnect();
  });
  return { url, client };
}
