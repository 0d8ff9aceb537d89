import type { Migration } from './migration.ts';

/** What one user may have under way where it is not the configured default, and the index to count it by. */
export const quotas: Migration = {
  name: '0061-quotas',
  up: [
    `CREATE TABLE quotas (
       user_id uuid PRIMARY KEY,
       unfinished_tasks integer CHECK (unfinished_tasks >= 0),
       waiting_subtasks integer CHECK (waiting_subtasks >= 0),
       schedules integer CHECK (schedules >= 0),
       changed_at timestamptz NOT NULL DEFAULT clock_timestamp()
     )`,
    `COMMENT ON TABLE quotas IS 'A null limit is the configured default'`,
    `CREATE INDEX tasks_unfinished ON tasks (owner_id)
       WHERE deleted_at IS NULL AND state IN ('pending', 'running', 'paused')`,
  ],
  down: [`DROP INDEX tasks_unfinished`, `DROP TABLE quotas`],
};
