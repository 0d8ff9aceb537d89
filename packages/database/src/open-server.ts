import { ConnectionRefusedError, Sequelize, type Config } from 'sequelize';
import type { Client } from 'pg';
import { findPrimary } from './find-primary.ts';
import { keepPrepared } from './prepared.ts';
import { serverLine, type ServerLine } from './server-line.ts';
import { serverUrls } from './server-urls.ts';

export interface PoolSize {
  /** Connections kept. */
  readonly size: number;
  /** Further connections under load, closed again after ten idle seconds. */
  readonly maxOverflow: number;
  /** How long a caller waits for one before `SequelizeConnectionAcquireTimeoutError`. */
  readonly timeoutSeconds: number;
}

export interface ServerOptions {
  readonly pool: PoolSize;
  /** Shown in `pg_stat_activity`. Default `backend2`. */
  readonly applicationName?: string;
  /** Longest statement, and longest pause within a transaction. Default 60,000. */
  readonly statementTimeoutMs?: number;
}

const longestConnectMs = 5000;

/** One Sequelize on one server, or on whichever of several is the primary when it connects; that is when first used. */
export const openServer = (
  url: string,
  options: ServerOptions,
  line: ServerLine = serverLine(),
): Sequelize => {
  const { size, maxOverflow, timeoutSeconds } = options.pool;
  const statementTimeoutMs = options.statementTimeoutMs ?? 60_000;
  const [first = url, ...others] = serverUrls(url);
  const server = new Sequelize(first, {
    dialect: 'postgres',
    logging: false,
    pool: { min: size, max: Math.max(1, size + maxOverflow), acquire: timeoutSeconds * 1000, idle: 10_000 },
    define: { underscored: true, freezeTableName: true },
    dialectOptions: {
      application_name: options.applicationName ?? 'backend2',
      stream: () => line.open(),
      connectionTimeoutMillis: Math.min(longestConnectMs, timeoutSeconds * 1000),
      statement_timeout: statementTimeoutMs,
      // A client that vanished between two statements keeps its locks no longer.
      idle_in_transaction_session_timeout: statementTimeoutMs,
      // The server's own timeout says nothing once the server hangs.
      query_timeout: statementTimeoutMs + 5000,
    },
  });
  server.addHook('afterConnect', (connection) => keepPrepared(connection as Client));
  if (others.length > 0) followPrimary(server, url);
  return server;
};

/** New connections go to the primary of the moment; those to one that died die with it. */
const followPrimary = (server: Sequelize, url: string): void => {
  server.addHook('beforeConnect', async (config) => {
    const { hostname, port } = new URL(await findPrimary(url));
    Object.assign(config as Config, { host: hostname, port: port || '5432' });
  });
  server.addHook('afterConnect', async (connection) => {
    const client = connection as Client;
    const { rows } = await client.query<{ standby: boolean }>('select pg_is_in_recovery() as standby');
    if (rows[0]?.standby !== true) return;
    await client.end();
    throw new ConnectionRefusedError(new Error('The server became a standby.'));
  });
};
