import type { Sequelize } from 'sequelize';

export interface PoolUse {
  /** Host, port and database. */
  readonly server: string;
  readonly inUse: number;
  readonly idle: number;
  /** Callers that wait for a connection. */
  readonly waiting: number;
}

/** Sequelize's own pool, which its types do not show. */
interface PooledServer {
  readonly connectionManager?: {
    readonly pool?: { readonly using: number; readonly available: number; readonly waiting: number };
  };
}

export const poolUse = (server: string, sequelize: Sequelize): PoolUse => {
  const pool = (sequelize as unknown as PooledServer).connectionManager?.pool;
  return { server, inUse: pool?.using ?? 0, idle: pool?.available ?? 0, waiting: pool?.waiting ?? 0 };
};
