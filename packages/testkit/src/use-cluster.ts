import { type Redis as Server, type RedisOptions, isPortFree, StackError } from '@backend2/dev-stack';
import { startOwnRedis } from './own-servers.ts';
import { askServer, placesTakenMs, untilFollowed } from './replication.ts';
import type { TestScope } from './test-scope.ts';
import { until } from './until.ts';

export interface TestCluster {
  /** As the stream engine takes it. */
  readonly connection: {
    readonly kind: 'cluster';
    readonly nodes: readonly { readonly host: string; readonly port: number }[];
  };
  /** Three that begin as masters, then three that begin as their replicas in the same order. */
  readonly servers: readonly Server[];
  /** The server that holds a key now, once another is able to take its place. */
  masterOf(key: string): Promise<Server>;
  /** Resolves with the server that took over a key from `former`, once the Cluster works as a whole. */
  successorOf(former: Server, key: string): Promise<Server>;
}

const host = '127.0.0.1';
const masters = 3;
const slots = 16_384;
/** Servers talk to each other on the port this much higher, in every version. */
const busOffset = 10_000;
/** A server that is silent for so long is taken for dead. */
const nodeTimeoutMs = 3000;

export interface ClusterOptions extends Pick<RedisOptions, 'user' | 'password' | 'settings'> {
  /** Where servers are killed: 3 seconds of silence are a death. Otherwise a busy machine is not to look like one. Default false. */
  readonly deaths?: boolean;
}

/**
 * Three masters with a replica each, which keep nothing on disk unless `settings` say so; all end with the test. A Cluster
 * has no logical databases: keys are its tests' own by their prefix.
 */
export async function useCluster(t: TestScope, options: ClusterOptions = {}): Promise<TestCluster> {
  const { deaths = false, settings, ...access } = options;
  const timeoutMs = deaths ? nodeTimeoutMs : 20 * nodeTimeoutMs;
  const data = {
    ...access,
    durable: false,
    databases: 1,
    settings: { ...clusterSettings, 'cluster-node-timeout': String(timeoutMs), ...settings },
  };
  const servers: Server[] = [];
  while (servers.length < 2 * masters) servers.push(await startNode(t, data));
  await join(servers);

  const holderOf = async (key: string): Promise<Server> => {
    const views = await Promise.all(servers.map((server) => viewOf(server, key).catch(() => undefined)));
    const told = new Set(views.filter((view) => view !== undefined));
    const [port] = told;
    const holder = servers.find((server) => server.port === port);
    if (told.size !== 1 || holder?.running !== true) {
      throw new Error(`the key is on ${[...told].join(', ') || 'no server'}`);
    }
    return holder;
  };
  return {
    connection: { kind: 'cluster', nodes: servers.map(({ port }) => ({ host, port })) },
    servers,
    masterOf: async (key) => {
      const holder = await until(() => holderOf(key), {
        timeoutMs: placesTakenMs,
        what: 'one holder of a key',
      });
      await untilFollowed(holder);
      return holder;
    },
    successorOf: (former, key) =>
      until(
        async () => {
          const holder = await holderOf(key);
          return holder !== former && holder;
        },
        { timeoutMs: placesTakenMs, what: `a server in the place of that on port ${former.port}` },
      ),
  };
}

async function join(servers: readonly Server[]): Promise<void> {
  const per = Math.ceil(slots / masters);
  await Promise.all(
    servers.map((server, index) =>
      askServer(server, async (client) => {
        await client.call('CLUSTER', 'SET-CONFIG-EPOCH', String(index + 1));
        if (index >= masters) return;
        const last = Math.min(slots, (index + 1) * per);
        const own = Array.from({ length: last - index * per }, (_, slot) => String(index * per + slot));
        await client.call('CLUSTER', 'ADDSLOTS', ...own);
      }),
    ),
  );
  const [first, ...others] = servers as [Server, ...Server[]];
  await askServer(first, async (client) => {
    for (const { port } of others) await client.call('CLUSTER', 'MEET', host, String(port));
  });
  await untilAll(servers, 'every server known to every other', async (server) => {
    const nodes = await nodesOf(server);
    return (
      nodes.length === servers.length && nodes.every(({ flags }) => !/handshake|noaddr|fail/.test(flags))
    );
  });
  await Promise.all(
    servers.slice(masters).map(async (replica, index) => {
      const leader = (await nodesOf(servers[index]!)).find(({ flags }) => flags.includes('myself'))!;
      await askServer(replica, (client) => client.call('CLUSTER', 'REPLICATE', leader.id));
    }),
  );
  await Promise.all(servers.slice(0, masters).map(untilFollowed));
  await untilAll(servers, 'a Cluster that works, seen by every server', async (server) => {
    const nodes = await nodesOf(server);
    const info = String(await askServer(server, (client) => client.call('CLUSTER', 'INFO')));
    return (
      /cluster_state:ok/.test(info) && nodes.filter(({ flags }) => flags.includes('slave')).length === masters
    );
  });
}

const untilAll = async (
  servers: readonly Server[],
  what: string,
  fits: (server: Server) => Promise<boolean>,
): Promise<void> => {
  await Promise.all(
    servers.map((server) => until(() => fits(server), { what, timeoutMs: placesTakenMs, everyMs: 50 })),
  );
};

const nodesOf = async (server: Server): Promise<{ readonly id: string; readonly flags: string }[]> => {
  const text = String(await askServer(server, (client) => client.call('CLUSTER', 'NODES')));
  return text
    .trim()
    .split('\n')
    .map((line) => {
      const [id = '', , flags = ''] = line.split(' ');
      return { id, flags };
    });
};

/** The port of the server that holds a key, as another sees it; undefined where it cannot work. */
const viewOf = (server: Server, key: string): Promise<number | undefined> =>
  askServer(server, async (client) => {
    if (!/cluster_state:ok/.test(String(await client.call('CLUSTER', 'INFO')))) return undefined;
    const slot = Number(await client.call('CLUSTER', 'KEYSLOT', key));
    const ranges = (await client.call('CLUSTER', 'SLOTS')) as [number, number, [string, number]][];
    return ranges.find(([from, to]) => from <= slot && slot <= to)?.[2][1];
  });

const clusterSettings = {
  'cluster-enabled': 'yes',
  'cluster-config-file': 'nodes.conf',
  'repl-diskless-sync-delay': '0',
};

async function startNode(t: TestScope, data: Partial<RedisOptions>): Promise<Server> {
  for (let attempt = 1; ; attempt += 1) {
    try {
      return await startOwnRedis(t, { ...data, port: await freeClusterPort() });
    } catch (error) {
      // Another test's Cluster may have taken one of the two ports meanwhile.
      if (!(error instanceof StackError) || attempt === 5) throw error;
    }
  }
}

/** Below the range from which outgoing connections take theirs, so that neither of the two ports is in passing use. */
async function freeClusterPort(): Promise<number> {
  for (;;) {
    const port = 10_000 + Math.floor(Math.random() * 12_000);
    if ((await isPortFree(port)) && (await isPortFree(port + busOffset))) return port;
  }
}
