import type { Migration } from './migration.ts';

/**
 * Tasks, their subtasks and the files these produced.
 *
 * The state models live here too: a row trigger whose WHEN clause holds the legal transitions, so that a
 * legal change costs an expression and no function call, and counters that must add up to the total.
 */
export const tasks: Migration = {
  name: '0002-tasks',
  up: [
    `CREATE TYPE lane AS ENUM ('standard', 'lumina')`,
    `CREATE TYPE subtask_state AS ENUM ('pending', 'queued', 'running', 'succeeded', 'failed', 'cancelled')`,
    `CREATE TYPE task_state AS ENUM
       ('pending', 'running', 'paused', 'succeeded', 'partially_failed', 'failed', 'cancelled')`,
    `CREATE TYPE rating AS ENUM ('unrated', 'poor', 'good')`,

    `CREATE TABLE tasks (
       id uuid PRIMARY KEY,
       owner_id uuid NOT NULL,
       name text NOT NULL,
       kind text NOT NULL,
       lane lane NOT NULL,
       state task_state NOT NULL DEFAULT 'pending',
       input jsonb NOT NULL,
       variables jsonb NOT NULL,
       axes jsonb NOT NULL,
       batch_size integer NOT NULL,
       priority smallint NOT NULL,
       timeout_ms integer NOT NULL,
       max_attempts smallint NOT NULL,
       tags text[] NOT NULL,
       total integer NOT NULL CHECK (total > 0),
       pending integer NOT NULL CHECK (pending >= 0),
       queued integer NOT NULL DEFAULT 0 CHECK (queued >= 0),
       running integer NOT NULL DEFAULT 0 CHECK (running >= 0),
       succeeded integer NOT NULL DEFAULT 0 CHECK (succeeded >= 0),
       failed integer NOT NULL DEFAULT 0 CHECK (failed >= 0),
       cancelled integer NOT NULL DEFAULT 0 CHECK (cancelled >= 0),
       dispatch_cursor integer NOT NULL DEFAULT 0,
       run_at timestamptz,
       created_at timestamptz NOT NULL DEFAULT clock_timestamp(),
       started_at timestamptz,
       finished_at timestamptz,
       deleted_at timestamptz,
       CONSTRAINT tasks_counts_add_up CHECK (pending + queued + running + succeeded + failed + cancelled = total)
     )`,
    `COMMENT ON COLUMN tasks.dispatch_cursor IS 'No cell before this place in dispatch order is pending'`,
    `CREATE INDEX tasks_of_owner ON tasks (owner_id, id DESC) WHERE deleted_at IS NULL`,
    `CREATE INDEX tasks_dispatchable ON tasks (lane, owner_id, id)
       WHERE pending > 0 AND deleted_at IS NULL AND state IN ('pending', 'running')`,
    `CREATE INDEX tasks_in_flight ON tasks (lane) WHERE queued + running > 0`,

    `CREATE TABLE subtasks (
       task_id uuid NOT NULL REFERENCES tasks (id) ON DELETE CASCADE,
       ordinal integer NOT NULL,
       state subtask_state NOT NULL DEFAULT 'pending',
       run integer NOT NULL DEFAULT 0,
       attempt smallint NOT NULL DEFAULT 0,
       rating rating NOT NULL DEFAULT 'unrated',
       evaluation text,
       result jsonb,
       error jsonb,
       queued_at timestamptz,
       started_at timestamptz,
       finished_at timestamptz,
       duration_ms real,
       PRIMARY KEY (task_id, ordinal)
     ) WITH (fillfactor = 70)`,
    `COMMENT ON COLUMN subtasks.run IS 'Rises with each dispatch; a result of an earlier run changes nothing'`,
    `COMMENT ON COLUMN subtasks.attempt IS 'Latest attempt of this run that was heard of'`,

    `CREATE TABLE artifacts (
       id uuid PRIMARY KEY,
       task_id uuid NOT NULL,
       ordinal integer NOT NULL,
       run integer NOT NULL,
       place smallint NOT NULL,
       key text NOT NULL,
       content_type text NOT NULL,
       bytes bigint NOT NULL,
       sha256 text NOT NULL,
       width integer,
       height integer,
       created_at timestamptz NOT NULL DEFAULT clock_timestamp(),
       FOREIGN KEY (task_id, ordinal) REFERENCES subtasks (task_id, ordinal) ON DELETE CASCADE
     )`,
    `CREATE INDEX artifacts_of_subtask ON artifacts (task_id, ordinal, run, place)`,

    `CREATE FUNCTION refuse_transition() RETURNS trigger LANGUAGE plpgsql AS $$
     BEGIN
       RAISE EXCEPTION 'a row of % may not go from % to %', TG_TABLE_NAME, OLD.state, NEW.state
         USING ERRCODE = 'check_violation', CONSTRAINT = TG_NAME;
     END $$`,
    `CREATE TRIGGER subtask_transitions BEFORE UPDATE OF state ON subtasks FOR EACH ROW
       WHEN (OLD.state <> NEW.state AND NOT CASE OLD.state
         WHEN 'pending' THEN NEW.state IN ('queued', 'cancelled')
         WHEN 'queued' THEN NEW.state IN ('running', 'succeeded', 'failed', 'cancelled')
         WHEN 'running' THEN NEW.state IN ('queued', 'succeeded', 'failed', 'cancelled')
         WHEN 'succeeded' THEN false
         WHEN 'failed' THEN NEW.state = 'pending'
         WHEN 'cancelled' THEN NEW.state = 'pending'
       END)
       EXECUTE FUNCTION refuse_transition()`,
    `CREATE TRIGGER task_transitions BEFORE UPDATE OF state ON tasks FOR EACH ROW
       WHEN (OLD.state <> NEW.state AND NOT CASE OLD.state
         WHEN 'pending' THEN true
         WHEN 'running' THEN NEW.state <> 'pending'
         WHEN 'paused' THEN true
         WHEN 'succeeded' THEN false
         ELSE NEW.state IN ('pending', 'running')
       END)
       EXECUTE FUNCTION refuse_transition()`,
  ],
  down: [
    `DROP TABLE artifacts`,
    `DROP TABLE subtasks`,
    `DROP TABLE tasks`,
    `DROP FUNCTION refuse_transition()`,
    `DROP TYPE rating`,
    `DROP TYPE task_state`,
    `DROP TYPE subtask_state`,
    `DROP TYPE lane`,
  ],
};
