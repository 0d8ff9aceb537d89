import type { RedisClient, ConnectionRole } from './redis-connection.ts';
import { createClient } from './redis-connection.ts';
import type { Observer, StreamsOptions } from './types.ts';

/** What every part of the engine needs: the prefix, connections, and somewhere to tell what happened. */
export interface Engine {
  readonly prefix: string;
  /** Whether keys of two streams may share a script. */
  readonly colocated: boolean;
  /** The shared client; for commands that never block. */
  readonly commands: RedisClient;
  readonly observer: Observer;
  readonly warn: (message: string, fields: Readonly<Record<string, unknown>>) => void;
  /** A client of its own, for blocking reads; whoever asked for it disconnects it. */
  readonly connect: (role: ConnectionRole) => RedisClient;
}

export const createEngine = (options: StreamsOptions): Engine => {
  const warn = options.onWarning ?? (() => undefined);
  const connect = (role: ConnectionRole): RedisClient => {
    const client = createClient(options.connection, role);
    // The commands that fail say so to their callers; without a listener ioredis prints each error.
    client.on('error', (error: Error) => warn('a Redis connection failed', { role, error: error.message }));
    return client;
  };
  return {
    prefix: options.prefix ?? 'app:',
    colocated: options.connection.kind !== 'cluster',
    commands: connect('commands'),
    observer: options.observer ?? {},
    warn,
    connect,
  };
};
