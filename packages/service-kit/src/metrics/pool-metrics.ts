import type { Metrics } from './create-metrics.ts';
import { metricNames } from './metric-names.ts';

interface Pool {
  /** Host, port and database. */
  readonly server: string;
  readonly inUse: number;
  readonly idle: number;
  /** Callers that wait for a connection. */
  readonly waiting: number;
}

interface PooledDatabase {
  pools(): readonly Pool[];
  replicas(): readonly { readonly server: string; readonly usable: boolean }[];
}

/** Connections of this process and which standbys it reads from, looked at when they are asked for. */
export const poolMetrics = (metrics: Metrics, database: PooledDatabase): void => {
  metrics.gauge(
    metricNames.poolConnections,
    'Database connections held by this process',
    ['server', 'state'],
    (gauge) => {
      for (const { server, inUse, idle } of database.pools()) {
        gauge.set({ server, state: 'in_use' }, inUse);
        gauge.set({ server, state: 'idle' }, idle);
      }
    },
  );
  metrics.gauge(
    metricNames.poolWaiting,
    'Callers that wait for a database connection',
    ['server'],
    (gauge) => {
      for (const { server, waiting } of database.pools()) gauge.set({ server }, waiting);
    },
  );
  metrics.gauge(
    metricNames.replicaUsable,
    '1 while this process reads from the standby',
    ['server'],
    (gauge) => {
      for (const { server, usable } of database.replicas()) gauge.set({ server }, usable ? 1 : 0);
    },
  );
};
