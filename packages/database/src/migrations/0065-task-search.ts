import type { Migration } from './migration.ts';

/**
 * What tasks are looked for by, apart from their counters: these change with every batch of results, and in a table with
 * these indexes each such change would write into all of them.
 */
export const taskSearch: Migration = {
  name: '0065-task-search',
  up: [
    // Trusted since Postgres 13: the database's owner may make it.
    `CREATE EXTENSION IF NOT EXISTS pg_trgm`,
    `CREATE TABLE task_search (
       task_id uuid PRIMARY KEY REFERENCES tasks (id) ON DELETE CASCADE,
       name text NOT NULL,
       tags text[] NOT NULL,
       created_at timestamptz NOT NULL
     )`,
    `INSERT INTO task_search SELECT id, name, tags, created_at FROM tasks WHERE deleted_at IS NULL`,
    `CREATE INDEX task_search_name ON task_search USING gin (name gin_trgm_ops)`,
    `CREATE INDEX task_search_tags ON task_search USING gin (tags)`,
    `CREATE INDEX task_search_created ON task_search (created_at)`,
    `CREATE FUNCTION follow_task_search() RETURNS trigger LANGUAGE plpgsql AS $$
     BEGIN
       IF TG_OP = 'UPDATE' THEN
         DELETE FROM task_search WHERE task_id = NEW.id;
       ELSE
         INSERT INTO task_search VALUES (NEW.id, NEW.name, NEW.tags, NEW.created_at);
       END IF;
       RETURN NULL;
     END $$`,
    `CREATE TRIGGER task_search_insert AFTER INSERT ON tasks FOR EACH ROW EXECUTE FUNCTION follow_task_search()`,
    `CREATE TRIGGER task_search_delete AFTER UPDATE OF deleted_at ON tasks FOR EACH ROW
       WHEN (NEW.deleted_at IS NOT NULL) EXECUTE FUNCTION follow_task_search()`,
  ],
  // The extension stays: it may have been there before.
  down: [
    `DROP TRIGGER task_search_delete ON tasks`,
    `DROP TRIGGER task_search_insert ON tasks`,
    `DROP FUNCTION follow_task_search()`,
    `DROP TABLE task_search`,
  ],
};
