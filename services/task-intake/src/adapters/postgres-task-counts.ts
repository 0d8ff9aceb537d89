import type { SubtaskCounts, SubtaskState } from '@backend2/contracts';
import { isFinalTaskState } from '@backend2/contracts';
import { QueryTypes, type Sequelize, type Transaction } from 'sequelize';
import { taskStateOf } from '../domain/task-states.ts';
import { listenersColumn, tellTaskChanges } from './postgres-webhook-outbox.ts';
import { prepared } from '@backend2/database';
import { countsOf, taskColumns, type TaskHead, type TaskRow } from './task-rows.ts';

/** How many subtasks moved from one state to another, by task. */
export class CountChanges {
  readonly #byTask = new Map<string, SubtaskCounts>();

  move(taskId: string, from: SubtaskState, to: SubtaskState, count = 1): void {
    let changes = this.#byTask.get(taskId);
    if (changes === undefined) {
      changes = { pending: 0, queued: 0, running: 0, succeeded: 0, failed: 0, cancelled: 0 };
      this.#byTask.set(taskId, changes);
    }
    changes[from] -= count;
    changes[to] += count;
  }

  of(taskId: string): SubtaskCounts | undefined {
    return this.#byTask.get(taskId);
  }
}

const lockText = (columns: string): string =>
  prepared(
    `SELECT ${columns}, ${listenersColumn} FROM tasks
     WHERE id = ANY($1::uuid[]) AND deleted_at IS NULL ORDER BY id FOR NO KEY UPDATE`,
  );
const headColumns = `${taskColumns}, dispatch_cursor`;
const lockHeads = lockText(headColumns);
const lockAll = lockText(`${headColumns}, input, variables, axes, dispatch_axes`);

type Lock<Row> = (
  database: Sequelize,
  transaction: Transaction,
  taskIds: readonly string[],
) => Promise<Row[]>;

const lock =
  <Row extends object>(text: string): Lock<Row> =>
  (database, transaction, taskIds) =>
    database.query<Row>(text, { bind: [[...new Set(taskIds)]], type: QueryTypes.SELECT, transaction });

/**
 * Locks tasks in one order, so that writers never deadlock. Whoever changes a subtask's state holds its
 * task's lock, which is what keeps the counters equal to the rows.
 */
export const lockTasks = lock<TaskRow>(lockAll);
/** The same, for who needs nothing that may be large. */
export const lockTaskHeads = lock<TaskHead>(lockHeads);

const countsText = prepared(
  `UPDATE tasks t SET
     pending = u.pending, queued = u.queued, running = u.running,
     succeeded = u.succeeded, failed = u.failed, cancelled = u.cancelled,
     state = u.state, dispatch_cursor = u.cursor,
     started_at = CASE WHEN u.state <> 'pending' THEN coalesce(t.started_at, clock_timestamp()) ELSE t.started_at END,
     finished_at = CASE WHEN u.final THEN coalesce(t.finished_at, clock_timestamp()) END
   FROM jsonb_to_recordset($1::jsonb) AS u(id uuid, pending int, queued int, running int, succeeded int,
     failed int, cancelled int, state task_state, cursor int, final boolean)
   WHERE t.id = u.id
   RETURNING ${taskColumns
     .split(',')
     .map((column) => `t.${column.trim()}`)
     .join(', ')}`,
);

/** Writes the moved counters of locked tasks with the states they make, for webhooks too; answers the tasks as they are now. */
export const applyCounts = async (
  database: Sequelize,
  transaction: Transaction,
  locked: readonly TaskHead[],
  changes: CountChanges,
  cursors: ReadonlyMap<string, number> = new Map(),
): Promise<TaskRow[]> => {
  const updates = locked.flatMap((task) => {
    const change = changes.of(task.id);
    const cursor = cursors.get(task.id) ?? task.dispatch_cursor;
    if (change === undefined && cursor === task.dispatch_cursor) return [];
    const counts = countsOf(task);
    for (const state of Object.keys(counts) as SubtaskState[]) counts[state] += change?.[state] ?? 0;
    const state = taskStateOf(counts, task.state);
    return [{ id: task.id, ...counts, state, cursor, final: isFinalTaskState(state) }];
  });
  if (updates.length === 0) return [];
  const after = await database.query<TaskRow>(countsText, {
    bind: [JSON.stringify(updates)],
    type: QueryTypes.SELECT,
    transaction,
  });
  await tellTaskChanges(database, transaction, locked, after);
  return after;
};
