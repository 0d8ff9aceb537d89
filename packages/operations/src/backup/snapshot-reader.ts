import { spawn } from 'node:child_process';
import { join } from 'node:path';
import type { RedisClient } from '@backend2/streams';
import { Redis } from 'ioredis';
import { OperatorError } from '../operator-error.ts';

export interface SnapshotReader {
  readonly redis: RedisClient;
  close(): Promise<void>;
}

const commands = ['redis-server', 'valkey-server'];

/** A Redis of our own over the RDB file in `dir`, reachable by a socket in there alone, that writes nothing. */
export const openSnapshotReader = async (dir: string, database: number): Promise<SnapshotReader> => {
  for (const command of commands) {
    const reader = await start(command, dir, database);
    if (reader) return reader;
  }
  throw new OperatorError(
    `Reading the Redis snapshot needs ${commands.join(' or ')} on PATH: install it, or say --redis leave.`,
  );
};

/** Undefined where there is no such command. */
const start = async (command: string, dir: string, database: number): Promise<SnapshotReader | undefined> => {
  const socket = join(dir, 'redis.sock');
  const settings = {
    port: '0',
    unixsocket: socket,
    unixsocketperm: '700',
    dir,
    save: '',
    appendonly: 'no',
    // It refuses a snapshot with a key in a database it was not told to have.
    databases: String(Math.max(16, database + 1)),
  };
  const args = Object.entries(settings).flatMap(([name, value]) => [`--${name}`, value]);
  const server = spawn(command, args, { stdio: ['ignore', 'pipe', 'pipe'] });
  let said = '';
  for (const output of [server.stdout, server.stderr])
    output.setEncoding('utf8').on('data', (text: string) => (said += text));
  const kill = () => void server.kill('SIGKILL');
  process.once('exit', kill);
  const ended = new Promise<'absent' | 'ended'>((resolve) => {
    server.once('error', () => resolve('absent'));
    server.once('exit', () => resolve('ended'));
  });
  const close = async () => {
    process.off('exit', kill);
    kill();
    await ended;
  };
  const redis: Redis = new Redis({
    path: socket,
    db: database,
    lazyConnect: true,
    maxRetriesPerRequest: null,
  });
  redis.on('error', () => undefined); // it is not there before the server has loaded the file
  // Answers an error, not PONG, while it loads.
  const loaded = async (): Promise<'loaded'> => {
    for (;;) {
      const answer = await redis.ping().catch(() => 'not yet');
      if (answer === 'PONG') return 'loaded';
      await new Promise((resolve) => setTimeout(resolve, 50));
    }
  };
  const outcome = await Promise.race([loaded(), ended]);
  if (outcome === 'loaded') {
    return {
      redis,
      close: async () => {
        redis.disconnect();
        await close();
      },
    };
  }
  redis.disconnect();
  await close();
  if (outcome === 'absent') return undefined;
  const tail = said.trim().split('\n').slice(-3).join('\n');
  throw new OperatorError(`The Redis snapshot cannot be read by ${command}:\n${tail}`);
};
