import type { Redis as Server } from '@backend2/dev-stack';
import { startOwnRedis } from './own-servers.ts';
import { askServer, placesTakenMs, untilFollowed } from './replication.ts';
import type { TestScope } from './test-scope.ts';
import { until } from './until.ts';

export interface TestSentinel {
  /** As the stream engine takes it. */
  readonly connection: {
    readonly kind: 'sentinel';
    readonly sentinels: readonly { readonly host: string; readonly port: number }[];
    readonly master: string;
  };
  /** The data servers, the first master first. */
  readonly servers: readonly Server[];
  /** The server that the Sentinels name now, once another is able to take its place. */
  master(): Promise<Server>;
  /** Resolves with the master that took the place of `former`. */
  successorOf(former: Server): Promise<Server>;
}

const host = '127.0.0.1';
const master = 'backend2';
/** A server that is silent for so long is taken for dead. */
const downAfterMs = 1500;

/** A master with a replica, watched by three Sentinels; all end with the test. */
export async function useSentinel(t: TestScope): Promise<TestSentinel> {
  const settings = { 'repl-diskless-sync-delay': '0' };
  const first = await startOwnRedis(t, { settings });
  const replicas = [
    await startOwnRedis(t, { settings: { ...settings, replicaof: `${host} ${first.port}` } }),
  ];
  const servers = [first, ...replicas];
  await untilFollowed(first);
  const sentinels = await Promise.all(
    Array.from({ length: 3 }, () =>
      startOwnRedis(t, {
        sentinel: true,
        durable: false,
        settings: {
          'sentinel monitor': `${master} ${host} ${first.port} 2`,
          'sentinel down-after-milliseconds': `${master} ${downAfterMs}`,
          'sentinel failover-timeout': `${master} 10000`,
        },
      }),
    ),
  );
  await Promise.all(
    sentinels.map((sentinel) =>
      until(async () => knowsAll(await describe(sentinel)), {
        what: 'each Sentinel knowing the replica and the other two',
        timeoutMs: placesTakenMs,
      }),
    ),
  );

  const named = async (): Promise<Server> => {
    const ports = await Promise.all(
      sentinels.map(async (sentinel) => Number(fieldOf(await describe(sentinel), 'port'))),
    );
    const agreed = servers.find(({ port }) => ports.every((told) => told === port));
    if (agreed === undefined) throw new Error(`the Sentinels name ${ports.join(', ')}`);
    return agreed;
  };
  return {
    connection: { kind: 'sentinel', sentinels: sentinels.map(({ port }) => ({ host, port })), master },
    servers,
    master: async () => {
      const current = await until(named, { timeoutMs: placesTakenMs, what: 'one master named by all' });
      await untilFollowed(current);
      return current;
    },
    successorOf: (former) =>
      until(
        async () => {
          const current = await named();
          return current !== former && current;
        },
        { timeoutMs: placesTakenMs, what: `a master in the place of that on port ${former.port}` },
      ),
  };
}

const describe = (sentinel: Server): Promise<readonly string[]> =>
  askServer(sentinel, (client) => client.call('SENTINEL', 'MASTER', master)) as Promise<string[]>;

const fieldOf = (described: readonly string[], name: string): string | undefined =>
  described[described.indexOf(name) + 1];

const knowsAll = (described: readonly string[]): boolean =>
  fieldOf(described, 'num-slaves') === '1' &&
  fieldOf(described, 'num-other-sentinels') === '2' &&
  fieldOf(described, 'flags') === 'master';
