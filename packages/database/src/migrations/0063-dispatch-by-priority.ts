import type { Migration } from './migration.ts';

/** Lets a dispatcher read each owner's few first tasks by priority without the rest, as `tasks_dispatchable` does by age. */
export const dispatchByPriority: Migration = {
  name: '0063-dispatch-by-priority',
  up: [
    `CREATE INDEX tasks_by_priority ON tasks (lane, owner_id, priority DESC, id)
       WHERE pending > 0 AND deleted_at IS NULL AND state IN ('pending', 'running')`,
  ],
  down: [`DROP INDEX tasks_by_priority`],
};
