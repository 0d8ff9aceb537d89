import { connect as connectPlain, type Socket } from 'node:net';
import { Readable } from 'node:stream';
import { connect as connectTls } from 'node:tls';
import type { RedisClient } from '@backend2/streams';
import { Cluster } from 'ioredis';
import { OperatorError } from '../operator-error.ts';

export interface RedisAccess {
  readonly username?: string;
  readonly password?: string;
  readonly tls: boolean;
}

export interface RedisNode {
  readonly host: string;
  readonly port: number;
}

/** Every server that holds a part of the keys. The client must have connected. */
export const mastersOf = (redis: RedisClient): RedisNode[] => {
  if (redis instanceof Cluster)
    return redis
      .nodes('master')
      .map(({ options }) => ({ host: options.host ?? '', port: options.port ?? 6379 }));
  const { host = '', port = 6379, sentinels } = redis.options;
  if (!sentinels) return [{ host, port }];
  // The master that the Sentinels named.
  const { remoteAddress = '', remotePort = port } = redis.stream;
  return [{ host: remoteAddress, port: remotePort }];
};

const quoted = (words: readonly string[]): string =>
  `*${words.length}\r\n${words.map((word) => `$${Buffer.byteLength(word)}\r\n${word}\r\n`).join('')}`;

/**
 * Asks a server for a snapshot of all it holds, as a replica does: it forks at once and sends the RDB file.
 * Nothing need be read from the server's disk, and it may be another machine's.
 */
export const rdbOf = async ({ host, port }: RedisNode, access: RedisAccess): Promise<Readable> => {
  const socket: Socket = access.tls
    ? connectTls({ host, port, servername: host })
    : connectPlain({ host, port });
  const refused = (why: string, cause?: unknown) =>
    new OperatorError(
      `Redis at ${host}:${port} gives no snapshot: ${why}. Its user needs +sync; where the server allows no replicas, say --redis none.`,
      { cause },
    );
  await new Promise<void>((resolve, reject) => {
    socket.once(access.tls ? 'secureConnect' : 'connect', () => resolve());
    socket.once('error', (cause) => reject(refused(cause.message, cause)));
  });
  socket.setTimeout(120_000, () => socket.destroy(refused('it was silent for two minutes')));
  if (access.password !== undefined) {
    const user = access.username === undefined ? [] : [access.username];
    socket.write(quoted(['AUTH', ...user, access.password]));
  } else socket.write(quoted(['SYNC']));
  return Readable.from(payload(socket, access.password !== undefined, refused));
};

async function* payload(
  socket: Socket,
  authenticated: boolean,
  refused: (why: string, cause?: unknown) => OperatorError,
): AsyncGenerator<Buffer> {
  let left: number | undefined;
  let head: Buffer = Buffer.alloc(0);
  let expectsOk = authenticated;
  try {
    for await (const chunk of socket as AsyncIterable<Buffer>) {
      let rest = chunk;
      if (left === undefined) {
        head = Buffer.concat([head, chunk]);
        for (;;) {
          // Newlines alone keep the line alive while the server writes its snapshot.
          while (head[0] === 0x0a) head = head.subarray(1);
          const end = head.indexOf('\r\n');
          if (end === -1) break;
          const line = head.subarray(0, end).toString();
          head = head.subarray(end + 2);
          if (line.startsWith('-')) throw refused(line.slice(1));
          if (expectsOk) {
            expectsOk = false;
            // Refused while another answer is on its way.
            socket.write(quoted(['SYNC']));
            continue;
          }
          const size = /^\$(\d+)$/.exec(line)?.[1];
          if (size === undefined) throw refused(`it answered "${line.slice(0, 80)}"`);
          left = Number(size);
          break;
        }
        if (left === undefined) continue;
        rest = head;
      }
      const part = rest.subarray(0, left);
      left -= part.length;
      if (part.length > 0) yield part;
      // What would follow is the replication of later writes.
      if (left === 0) return;
    }
    throw refused('the connection ended before the snapshot did');
  } finally {
    socket.destroy();
  }
}
