import { probeConnection, serverName, type Database } from '@backend2/database';
import { metricNames, type Metrics } from '@backend2/service-kit';
import { finding } from '../domain/finding.ts';
import type { Probe } from '../domain/probe.ts';

export interface ProbeWithEnd extends Probe {
  close(): Promise<void>;
}

interface PrimaryRow {
  readonly writable: boolean;
  readonly open: number;
  readonly max: number;
}

const primarySql = `select not pg_is_in_recovery() and current_setting('transaction_read_only') = 'off' as writable,
  (select sum(numbackends)::int from pg_stat_database) as open, current_setting('max_connections')::int as max`;

/** The primary over a connection of its own: that it answers, and that it takes writes. */
export const primaryProbe = (primaryUrl: string, timeoutMs: number, metrics: Metrics): ProbeWithEnd => {
  const connections = metrics.gauge(metricNames.postgresConnections, 'Connections the primary has open');
  const most = metrics.gauge(metricNames.postgresConnectionsMax, 'Connections the primary allows');
  const connection = probeConnection(primaryUrl, timeoutMs);
  const rest = { componentId: serverName(primaryUrl), componentType: 'datastore' } as const;
  return {
    name: 'postgres-primary',
    look: async (at) => {
      const begun = performance.now();
      const { writable, open, max } = await connection.query<PrimaryRow>(primarySql);
      const ms = Math.round(performance.now() - begun);
      connections.set(open);
      most.set(max);
      return [
        finding('postgres-primary:query', writable ? 'pass' : 'fail', at, {
          ...rest,
          observedValue: ms,
          observedUnit: 'ms',
          ...(!writable && { output: 'the server that should be the primary takes no writes' }),
        }),
      ];
    },
    onFailure: (why, at) => [finding('postgres-primary:query', 'fail', at, { ...rest, output: why })],
    close: () => connection.close(),
  };
};

/** Each standby, as the read routing sees it: one that is left out of reads is a warning, because the primary answers instead. */
export const standbyProbe = (database: Database, metrics: Metrics): Probe => {
  const lag = metrics.gauge(metricNames.replicaLag, 'Seconds a standby is behind', ['server']);
  return {
    name: 'postgres-standbys',
    look: async (at) => {
      await database.look();
      return database.replicas().map(({ server, usable, lagMs, why }) => {
        lag.set({ server }, lagMs / 1000);
        return finding('postgres-standby:lag', usable ? 'pass' : 'warn', at, {
          componentId: server,
          componentType: 'datastore',
          observedValue: lagMs,
          observedUnit: 'ms behind',
          ...(!usable && { output: `${server} is left out of reads: ${why}` }),
        });
      });
    },
    onFailure: (why, at) => [finding('postgres-standby:lag', 'warn', at, { output: why })],
  };
};
