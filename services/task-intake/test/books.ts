import type { SubtaskCounts } from '@backend2/contracts';
import pg from 'pg';

/** One statement on a connection of its own. */
export const query = async <T extends pg.QueryResultRow>(
  url: string,
  sql: string,
  values: readonly unknown[] = [],
): Promise<T[]> => {
  const client = new pg.Client({ connectionString: url });
  await client.connect();
  try {
    return (await client.query<T>(sql, [...values])).rows;
  } finally {
    await client.end();
  }
};

/** Tasks whose counters are not what their rows say. */
export const drift = (primaryUrl: string) =>
  query<{ id: string }>(
    primaryUrl,
    `SELECT t.id FROM tasks t JOIN (
       SELECT task_id, count(*) FILTER (WHERE state = 'pending') AS pending,
         count(*) FILTER (WHERE state = 'queued') AS queued, count(*) FILTER (WHERE state = 'running') AS running,
         count(*) FILTER (WHERE state = 'succeeded') AS succeeded, count(*) FILTER (WHERE state = 'failed') AS failed,
         count(*) FILTER (WHERE state = 'cancelled') AS cancelled
       FROM subtasks GROUP BY task_id) s ON s.task_id = t.id
     WHERE (t.pending, t.queued, t.running, t.succeeded, t.failed, t.cancelled)
       IS DISTINCT FROM (s.pending, s.queued, s.running, s.succeeded, s.failed, s.cancelled)`,
  );

export const counts = (parts: Partial<SubtaskCounts>): SubtaskCounts => ({
  pending: 0,
  queued: 0,
  running: 0,
  succeeded: 0,
  failed: 0,
  cancelled: 0,
  ...parts,
});
