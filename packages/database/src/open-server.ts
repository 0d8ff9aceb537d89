import { Sequelize } from 'sequelize';

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
  /** Longest statement. Default 60,000. */
  readonly statementTimeoutMs?: number;
}

/** One Sequelize on one server; it connects when first used. */
export const openServer = (url: string, options: ServerOptions): Sequelize => {
  const { size, maxOverflow, timeoutSeconds } = options.pool;
  const statementTimeoutMs = options.statementTimeoutMs ?? 60_000;
  return new Sequelize(url, {
    dialect: 'postgres',
    logging: false,
    pool: { min: size, max: Math.max(1, size + maxOverflow), acquire: timeoutSeconds * 1000, idle: 10_000 },
    define: { underscored: true, freezeTableName: true },
    dialectOptions: {
      application_name: options.applicationName ?? 'backend2',
      keepAlive: true,
      connectionTimeoutMillis: Math.min(5000, timeoutSeconds * 1000),
      statement_timeout: statementTimeoutMs,
      // The server's own timeout says nothing once the server hangs.
      query_timeout: statementTimeoutMs + 5000,
    },
  });
};
