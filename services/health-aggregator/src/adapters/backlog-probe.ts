import { lanes, type Lane } from '@backend2/contracts';
import type { Database } from '@backend2/database';
import { metricNames, type Metrics } from '@backend2/service-kit';
import type { Probe } from '../domain/probe.ts';

interface LaneBacklog {
  readonly lane: Lane;
  readonly pending: number;
  readonly oldestSeconds: number;
}

/** How much waits in Postgres for its turn on each lane, and since when: a number and no fault. */
export const backlogProbe = (database: Database, metrics: Metrics): Probe => {
  const pending = metrics.gauge(metricNames.lanePending, 'Subtasks that wait in Postgres for the lane', [
    'lane',
  ]);
  const oldest = metrics.gauge(
    metricNames.laneOldest,
    'Seconds since the oldest task with waiting subtasks could have begun',
    ['lane'],
  );
  return {
    name: 'backlog',
    look: async () => {
      const [found] = await database.read((server) =>
        server.query(
          `SELECT lane, sum(pending)::float8 AS pending,
             extract(epoch FROM now() - min(greatest(created_at, coalesce(run_at, created_at))))::float8 AS "oldestSeconds"
           FROM tasks
           WHERE pending > 0 AND deleted_at IS NULL AND state IN ('pending', 'running')
             AND (run_at IS NULL OR run_at <= now())
           GROUP BY lane`,
        ),
      );
      const rows = found as LaneBacklog[];
      for (const lane of lanes) {
        const row = rows.find((each) => each.lane === lane);
        pending.set({ lane }, row?.pending ?? 0);
        oldest.set({ lane }, Math.max(0, row?.oldestSeconds ?? 0));
      }
      return [];
    },
    // A database that does not answer is the primary probe's finding.
    onFailure: () => [],
  };
};
