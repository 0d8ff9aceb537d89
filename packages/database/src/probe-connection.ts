import pg from 'pg';
import { findPrimary } from './find-primary.ts';

/** One connection of a monitor's own, to the primary where the URL names several servers, so that a full pool is not mistaken for a dead server. It is made anew after any failure. */
export interface ProbeConnection {
  /** Rejects when there is no answer within the timeout. */
  query<Row extends object>(sql: string): Promise<Row>;
  close(): Promise<void>;
}

export const probeConnection = (url: string, timeoutMs: number): ProbeConnection => {
  let connected: Promise<pg.Client> | undefined;

  const drop = () => {
    const old = connected;
    connected = undefined;
    // Whatever is wrong with it is why it is dropped.
    void old?.then((client) => client.end()).catch(() => undefined);
  };

  const connect = async (): Promise<pg.Client> => {
    const client = new pg.Client({
      connectionString: await findPrimary(url),
      application_name: 'backend2-monitor',
      connectionTimeoutMillis: timeoutMs,
      query_timeout: timeoutMs,
      keepAlive: true,
    });
    client.on('error', drop);
    await client.connect();
    return client;
  };

  return {
    query: async <Row extends object>(sql: string) => {
      try {
        connected ??= connect();
        const client = await connected;
        const { rows } = await client.query<Row>(sql);
        return rows[0] as Row;
      } catch (error) {
        drop();
        throw error;
      }
    },
    close: async () => {
      const last = connected;
      connected = undefined;
      await last?.then((client) => client.end()).catch(() => undefined);
    },
  };
};
