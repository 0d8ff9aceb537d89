import { Socket } from 'node:net';
import type { Lane } from '@backend2/contracts';
import { findPrimary } from '@backend2/database';
import pg from 'pg';

export interface LaneLock {
  /**
   * Waits until this process is the lane's one dispatcher. The lock is the connection's: it passes on when the
   * holder's connection ends, however it ends.
   *
   * @param onWake called whenever someone asks for the lane to be looked at.
   * @returns what lets it go; `lost` resolves when the connection is gone and with it the lock.
   */
  acquire(lane: Lane, onWake: () => void, signal: AbortSignal): Promise<HeldLock>;
}

export interface HeldLock {
  readonly lost: Promise<void>;
  release(): Promise<void>;
}

/** First half of the advisory lock's key; the second tells the lane. */
const lockSpace = 0xb2;
const lockOf: Readonly<Record<Lane, number>> = { standard: 1, lumina: 2 };
/** A holder whose host vanished without a word loses the lock in about ten seconds rather than in two hours. */
const noticeSilence = `SET tcp_keepalives_idle = 4; SET tcp_keepalives_interval = 2; SET tcp_keepalives_count = 3`;
/** How long a server may take to see the connection off; one that hangs never does. */
const farewellMs = 1000;
const dispatchChannel = 'backend2_dispatch';

export const postgresLaneLock = (primaryUrl: string): LaneLock => ({
  acquire: async (lane, onWake, signal) => {
    const socket = new Socket();
    const client = new pg.Client({
      connectionString: await findPrimary(primaryUrl),
      stream: () => socket,
      application_name: `backend2 dispatcher ${lane}`,
      keepAlive: true,
      keepAliveInitialDelayMillis: 2000,
      connectionTimeoutMillis: 5000,
    });
    const gone = Promise.withResolvers<void>();
    client.on('error', () => gone.resolve());
    client.on('end', () => gone.resolve());
    const close = async (): Promise<void> => {
      const farewell = setTimeout(() => socket.destroy(), farewellMs);
      await client.end().catch(() => undefined);
      clearTimeout(farewell);
    };
    const aborted = (): void => void close();
    signal.addEventListener('abort', aborted, { once: true });
    try {
      signal.throwIfAborted();
      await client.connect();
      await client.query(noticeSilence);
      await client.query(`SELECT pg_advisory_lock($1, $2)`, [lockSpace, lockOf[lane]]);
      client.on('notification', (message) => {
        if (message.payload === lane) onWake();
      });
      await client.query(`LISTEN ${dispatchChannel}`);
    } catch (error) {
      await close();
      throw error;
    } finally {
      signal.removeEventListener('abort', aborted);
    }
    return { lost: gone.promise, release: close };
  },
});
