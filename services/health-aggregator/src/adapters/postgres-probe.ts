import { probeConnection, serverName, type Database } from '@backend2/database';
import { metricNames, type Metrics } from '@backend2/service-kit';
import { finding } from '../domain/finding.ts';
import type { Probe } from '../domain/probe.ts';

export interface ProbeWithEnd extends Probe {
  close(): Promise<void>;
}

/** The primary over a connection of its own: that it answers, and that it takes writes. */
export const primaryProbe = (primaryUrl: string, timeoutMs: number): ProbeWithEnd => {
  const connection = probeConnection(primaryUrl, timeoutMs);
  const rest = { componentId: serverName(primaryUrl), componentType: 'datastore' } as const;
  return {
    name: 'postgres-primary',
    look: async (at) => {
      const begun = performance.now();
      const { writable } = await connection.query<{ writable: boolean }>(
        "select not pg_is_in_recovery() and current_setting('transaction_read_only') = 'off' as writable",
      );
      const ms = Math.round(performance.now() - begun);
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
