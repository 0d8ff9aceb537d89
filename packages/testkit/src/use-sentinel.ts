import type { Redis as Server, RedisOptions } from '@backend2/dev-stack';
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

export interface SentinelOptions {
  /** Default 1. */
  readonly replicas?: number;
  /** Of master and replicas. */
  readonly data?: Pick<RedisOptions, 'user' | 'password' | 'settings'>;
  /** Of replicas besides. */
  readonly replica?: RedisOptions['settings'];
  /** Of the Sentinels; what they watch is added. */
  readonly sentinel?: RedisOptions['settings'];
}

const host = '127.0.0.1';
const master = 'backend2';
/** A server that is silent for so long is taken for dead; one that only waits for a busy disk is not silent for as long. */
const downAfterMs = 3000;

/** A master with its replicas, watched by three Sentinels; all end with the test. */
export async function useSentinel(t: TestScope, options: SentinelOptions = {}): Promise<TestSentinel> {
  const { replicas: wanted = 1, data = {}, replica, sentinel: watching } = options;
  const settings = { ...data.settings, 'repl-diskless-sync-delay': '0' };
  const first = await startOwnRedis(t, { ...data, settings });
  const servers = [first];
  for (let place = 0; place < wanted; place += 1) {
    const following = { ...settings, ...replica, replicaof: `${host} ${first.port}` };
    servers.push(await startOwnRedis(t, { ...data, settings: following }));
  }
  await untilFollowed(first);
  const sentinels = await Promise.all(
    Array.from({ length: 3 }, () =>
      startOwnRedis(t, {
        sentinel: true,
        durable: false,
        settings: {
          // First: the others speak of what is watched.
          'sentinel monitor': `${master} ${host} ${first.port} 2`,
          'sentinel down-after-milliseconds': `${master} ${downAfterMs}`,
          'sentinel failover-timeout': `${master} 10000`,
          ...watching,
        },
      }),
    ),
  );
  await Promise.all(
    sentinels.map((sentinel) =>
      until(async () => knowsAll(await describe(sentinel), wanted), {
        what: 'each Sentinel knowing the replicas and the other two',
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

const knowsAll = (described: readonly string[], replicas: number): boolean =>
  fieldOf(described, 'num-slaves') === String(replicas) &&
  fieldOf(described, 'num-other-sentinels') === '2' &&
  fieldOf(described, 'flags') === 'master';
