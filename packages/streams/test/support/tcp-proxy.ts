import { connect, createServer, type AddressInfo, type Socket } from 'node:net';
import type { TestScope } from '@backend2/testkit';

export interface TcpProxy {
  /** The server's URL by way of the proxy. */
  readonly url: string;
  /** Half-open from now on: the connections there are stay open, and nothing passes either way. */
  freeze(): void;
  /** As `freeze`, and for connections to come: they are accepted and hear nothing. */
  freezeAll(): void;
  /** Loses the first reply that has `text` in it, and its connection with it; resolves then. */
  loseReply(text: string): Promise<void>;
  /** Ends all connections; new ones are served. */
  cut(): void;
}

interface Pair {
  readonly client: Socket;
  readonly server: Socket;
  frozen: boolean;
}

/** Stands between the engine and Redis, to do what networks do. */
export const tcpProxy = async (t: TestScope, url: string): Promise<TcpProxy> => {
  const target = new URL(url);
  const pairs = new Set<Pair>();
  let allFrozen = false;
  let toLose: { readonly text: string; readonly lost: () => void } | undefined;
  const proxy = createServer((client) => {
    const server = connect(Number(target.port), target.hostname);
    const pair: Pair = { client, server, frozen: allFrozen };
    pairs.add(pair);
    const end = (): void => {
      pairs.delete(pair);
      client.destroy();
      server.destroy();
    };
    client.on('data', (data) => {
      if (!pair.frozen) server.write(data);
    });
    server.on('data', (data) => {
      if (toLose !== undefined && data.includes(toLose.text)) {
        toLose.lost();
        toLose = undefined;
        end();
      } else if (!pair.frozen) client.write(data);
    });
    client.on('close', end).on('error', end);
    server.on('close', end).on('error', end);
  });
  await new Promise<void>((resolve) => proxy.listen(0, '127.0.0.1', resolve));
  const cut = (): void => {
    for (const { client, server } of pairs) {
      client.destroy();
      server.destroy();
    }
  };
  t.teardown(() => {
    cut();
    proxy.close();
  });
  const through = new URL(url);
  through.port = String((proxy.address() as AddressInfo).port);
  const freeze = (): void => {
    for (const pair of pairs) pair.frozen = true;
  };
  return {
    url: through.href,
    freeze,
    freezeAll() {
      allFrozen = true;
      freeze();
    },
    loseReply: (text) =>
      new Promise((lost) => {
        toLose = { text, lost };
      }),
    cut,
  };
};
