import { connect, createServer, type AddressInfo, type Socket } from 'node:net';
import type { TestScope } from '@backend2/testkit';

export interface KillPointProxy {
  readonly url: string;
  /** Commands Redis has carried out, and what they were; those that make a connection ready do not count. */
  readonly carriedOut: readonly string[];
  /** The same with their arguments. */
  readonly commands: readonly (readonly string[])[];
}

/** Length of the first whole command in `data`, and its words; undefined while it is not whole. */
const firstCommand = (data: Buffer): { readonly length: number; readonly words: string[] } | undefined => {
  let at = 0;
  const line = (): string | undefined => {
    const end = data.indexOf('\r\n', at);
    if (end < 0) return undefined;
    const text = data.toString('latin1', at, end);
    at = end + 2;
    return text;
  };
  const count = line();
  if (count === undefined) return undefined;
  const words: string[] = [];
  for (let word = 0; word < Number(count.slice(1)); word++) {
    const size = line();
    if (size === undefined) return undefined;
    const end = at + Number(size.slice(1));
    if (data.length < end + 2) return undefined;
    words.push(data.toString('utf8', at, end));
    at = end + 2;
  }
  return { length: at, words };
};

const ofConnecting = new Set(['info', 'select', 'client', 'ping', 'hello', 'auth']);

/**
 * Passes commands on one by one. When Redis has carried out the `point`th (from 1), `kill` is called in place
 * of handing over its reply: what Redis holds then is what it holds between that command and the next.
 */
export const killPointProxy = async (
  t: TestScope,
  url: string,
  point: number,
  kill: () => void,
): Promise<KillPointProxy> => {
  const target = new URL(url);
  const carriedOut: string[] = [];
  const commands: string[][] = [];
  const sockets = new Set<Socket>();
  let killed = false;

  const serve = (client: Socket): void => {
    const server = connect(Number(target.port), target.hostname);
    let unread = Buffer.alloc(0);
    let underWay: string[] | undefined;
    const next = (): void => {
      if (underWay !== undefined || killed) return;
      const command = firstCommand(unread);
      if (!command) return;
      underWay = command.words;
      server.write(unread.subarray(0, command.length));
      unread = unread.subarray(command.length);
    };
    const end = (): void => {
      client.destroy();
      server.destroy();
    };
    for (const socket of [client, server]) {
      sockets.add(socket);
      socket.on('error', end).on('close', end);
    }
    client.on('data', (data) => {
      unread = Buffer.concat([unread, data]);
      next();
    });
    server.on('data', (reply) => {
      if (killed) return;
      const name = underWay?.[0]?.toLowerCase();
      if (underWay !== undefined && name !== undefined && !ofConnecting.has(name)) {
        carriedOut.push(name);
        commands.push(underWay);
        if (carriedOut.length === point) {
          killed = true;
          kill();
          return;
        }
      }
      underWay = undefined;
      client.write(reply);
      next();
    });
  };

  const proxy = createServer(serve);
  await new Promise<void>((resolve) => proxy.listen(0, '127.0.0.1', resolve));
  t.teardown(() => {
    for (const socket of sockets) socket.destroy();
    proxy.close();
  });
  const through = new URL(url);
  through.port = String((proxy.address() as AddressInfo).port);
  return { url: through.href, carriedOut, commands };
};
