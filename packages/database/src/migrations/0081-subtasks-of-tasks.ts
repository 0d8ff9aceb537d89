import type { Migration } from './migration.ts';

/**
 * Holds subtasks to tasks that are there by the statement, where a foreign key asks for each row: for the ten thousand of a
 * task just written that was as much as writing them.
 */
export const subtasksOfTasks: Migration = {
  name: '0081-subtasks-of-tasks',
  up: [
    `CREATE FUNCTION require_tasks_of_subtasks() RETURNS trigger LANGUAGE plpgsql AS $$
     DECLARE wanted uuid[] := ARRAY(SELECT DISTINCT task_id FROM added);
     BEGIN
       -- Locked against deletion until this is committed, as a foreign key would.
       PERFORM id FROM tasks WHERE id = ANY (wanted) ORDER BY id FOR KEY SHARE;
       IF (SELECT count(*) FROM tasks WHERE id = ANY (wanted)) < cardinality(wanted) THEN
         RAISE EXCEPTION 'a subtask must be of a task that is there'
           USING ERRCODE = 'foreign_key_violation', CONSTRAINT = TG_NAME;
       END IF;
       RETURN NULL;
     END $$`,
    `CREATE FUNCTION refuse_other_task() RETURNS trigger LANGUAGE plpgsql AS $$
     BEGIN
       RAISE EXCEPTION 'a subtask stays with its task' USING ERRCODE = 'check_violation', CONSTRAINT = TG_NAME;
     END $$`,
    `CREATE FUNCTION delete_subtasks_of_task() RETURNS trigger LANGUAGE plpgsql AS $$
     BEGIN
       DELETE FROM subtasks WHERE task_id = OLD.id;
       RETURN NULL;
     END $$`,
    `CREATE TRIGGER subtasks_of_tasks AFTER INSERT ON subtasks REFERENCING NEW TABLE AS added
       FOR EACH STATEMENT EXECUTE FUNCTION require_tasks_of_subtasks()`,
    `CREATE TRIGGER subtasks_stay BEFORE UPDATE OF task_id ON subtasks FOR EACH ROW
       WHEN (OLD.task_id <> NEW.task_id) EXECUTE FUNCTION refuse_other_task()`,
    `CREATE TRIGGER tasks_with_subtasks AFTER DELETE ON tasks FOR EACH ROW EXECUTE FUNCTION delete_subtasks_of_task()`,
    `ALTER TABLE subtasks DROP CONSTRAINT subtasks_task_id_fkey`,
  ],
  down: [
    `ALTER TABLE subtasks ADD FOREIGN KEY (task_id) REFERENCES tasks (id) ON DELETE CASCADE`,
    `DROP TRIGGER tasks_with_subtasks ON tasks`,
    `DROP TRIGGER subtasks_stay ON subtasks`,
    `DROP TRIGGER subtasks_of_tasks ON subtasks`,
    `DROP FUNCTION delete_subtasks_of_task()`,
    `DROP FUNCTION refuse_other_task()`,
    `DROP FUNCTION require_tasks_of_subtasks()`,
  ],
};
