import type { Migration } from './migration.ts';

/** The trace a task was submitted in, which its subtasks go on with. */
export const taskTrace: Migration = {
  name: '0050-task-trace',
  up: [`ALTER TABLE tasks ADD COLUMN trace text`],
  down: [`ALTER TABLE tasks DROP COLUMN trace`],
};
