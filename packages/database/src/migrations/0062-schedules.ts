import type { Migration } from './migration.ts';

/** Tasks kept to be submitted at the times of a cron expression. */
export const schedules: Migration = {
  name: '0062-schedules',
  up: [
    `CREATE TABLE schedules (
       id uuid PRIMARY KEY,
       owner_id uuid NOT NULL,
       name text NOT NULL,
       cron text NOT NULL,
       time_zone text NOT NULL,
       missed_runs text NOT NULL CHECK (missed_runs IN ('skip', 'once', 'all')),
       paused boolean NOT NULL,
       submission jsonb NOT NULL,
       next_run_at timestamptz,
       last_run jsonb,
       created_at timestamptz NOT NULL DEFAULT clock_timestamp(),
       updated_at timestamptz NOT NULL DEFAULT clock_timestamp()
     )`,
    `COMMENT ON COLUMN schedules.next_run_at IS 'Moves on in the transaction that submits what was due; null: never again'`,
    `CREATE INDEX schedules_of_owner ON schedules (owner_id, id DESC)`,
    `CREATE INDEX schedules_due ON schedules (next_run_at) WHERE NOT paused`,
  ],
  down: [`DROP TABLE schedules`],
};
