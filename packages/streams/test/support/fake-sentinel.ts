import { createServer, type AddressInfo, type Socket } from 'node:net';
import type { TestScope } from '@backend2/testkit';
import type { RedisConnection } from '../../src/index.ts';

const bulk = (text: string): string => `$${text.length}\r\n${text}\r\n`;

const addressOf = (url: string | undefined): string => {
  if (url === undefined) return '*-1\r\n';
  const { hostname, port } = new URL(url);
  return `*2\r\n${bulk(hostname)}${bulk(port)}`;
};

/** A Sentinel without others, which names the server whose URL `master` answers, or says that it knows none. */
export const fakeSentinel = async (
  t: TestScope,
  master: () => string | undefined,
): Promise<Extract<RedisConnection, { readonly kind: 'sentinel' }>> => {
  const sockets = new Set<Socket>();
  const server = createServer((socket) => {
    sockets.add(socket);
    socket.on('close', () => sockets.delete(socket)).on('error', () => socket.destroy());
    socket.setEncoding('utf8').on('data', (text: string) => {
      for (const word of text.toLowerCase().split('\r\n')) {
        if (word === 'get-master-addr-by-name') socket.write(addressOf(master()));
        if (word === 'sentinels') socket.write('*0\r\n');
        if (word === 'client' || word === 'info') socket.write('+OK\r\n');
      }
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  t.teardown(() => {
    for (const socket of sockets) socket.destroy();
    server.close();
  });
  const { port } = server.address() as AddressInfo;
  return { kind: 'sentinel', master: 'main', sentinels: [{ host: '127.0.0.1', port }] };
};
