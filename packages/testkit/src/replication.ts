import type { Redis as Server } from '@backend2/dev-stack';
import { Redis } from 'ioredis';
import { until } from './until.ts';

/** Long enough for servers that take each other's place on a busy machine. */
export const placesTakenMs = 60_000;

/** Asks one server on a connection that is gone afterwards; rejects where it is down. */
export async function askServer<T>(
  { url }: Pick<Server, 'url'>,
  ask: (client: Redis) => Promise<T>,
): Promise<T> {
  const client = new Redis(url, { lazyConnect: true, retryStrategy: null, maxRetriesPerRequest: 0 });
  client.on('error', () => undefined); // the command in flight rejects and says why
  try {
    await client.connect();
    return await ask(client);
  } finally {
    client.disconnect();
  }
}

/** Resolves when a replica follows the server closely enough to take its place. */
export async function untilFollowed(server: Server): Promise<void> {
  await until(
    async () =>
      /^slave\d+:.*state=online/m.test(await askServer(server, (client) => client.info('replication'))),
    { what: `a replica in step with the master on port ${server.port}`, timeoutMs: placesTakenMs },
  );
}
