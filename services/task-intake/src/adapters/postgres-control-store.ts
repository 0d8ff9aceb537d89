import {
  DomainError,
  isFinalTaskState,
  notFound,
  type Principal,
  type SubtaskPatch,
  type SubtaskState,
} from '@backend2/contracts';
import { QueryTypes, type Sequelize, type Transaction } from 'sequelize';
import { placeOf } from '../domain/dispatch-order.ts';
import { ofWork, type QuotaStore } from './postgres-quota-store.ts';
import { orderStop } from './postgres-stop-orders.ts';
import { applyCounts, CountChanges, lockTasks } from './postgres-task-counts.ts';
import { postgresJson } from '@backend2/database';
import { tellTaskChanges } from './postgres-webhook-outbox.ts';
import type { TaskRow } from './task-rows.ts';

/** Subtasks that a change by hand moved from one state; there may be a hundred thousand. */
interface MovedSubtasks {
  readonly was: SubtaskState;
  readonly ordinals: readonly number[];
  readonly highestRun: number;
}

export interface Controlled {
  readonly task: TaskRow;
  readonly moved: readonly MovedSubtasks[];
}

type Undo = (taskId: string) => Promise<void>;

const conflict = (code: string, message: string): DomainError => new DomainError('conflict', code, message);

const lockOwn = async (
  database: Sequelize,
  transaction: Transaction,
  principal: Principal,
  taskId: string,
): Promise<TaskRow> => {
  const [task] = await lockTasks(database, transaction, [taskId]);
  if (task === undefined || (principal.role !== 'admin' && task.owner_id !== principal.userId))
    throw notFound('task');
  return task;
};

/**
 * The task must be locked, so nothing moves between the two statements. One statement that joined `subtasks` with itself
 * would be planned as a nested loop while the rows of a new task are not in the statistics yet.
 */
const moveAll = async (
  database: Sequelize,
  transaction: Transaction,
  task: TaskRow,
  from: readonly SubtaskState[],
  to: SubtaskState,
  ordinal?: number,
): Promise<MovedSubtasks[]> => {
  const which = `task_id = $1 AND state = ANY($2::subtask_state[]) AND ($3::int IS NULL OR ordinal = $3)`;
  const bind = [task.id, from, ordinal ?? null];
  const moved = await database.query<MovedSubtasks>(
    `SELECT state AS was, max(run) AS "highestRun", array_agg(ordinal ORDER BY ordinal) AS ordinals
     FROM subtasks WHERE ${which} GROUP BY state`,
    { bind, type: QueryTypes.SELECT, transaction },
  );
  await database.query(
    `UPDATE subtasks SET state = $4::subtask_state,
       -- Orders to stop name the highest run of any cell: what is retried begins beyond it.
       run = CASE WHEN $4::subtask_state = 'pending' THEN (SELECT max(run) FROM subtasks WHERE task_id = $1) ELSE run END,
       finished_at = CASE WHEN $4::subtask_state = 'cancelled' THEN clock_timestamp() END
     WHERE ${which}`,
    { bind: [...bind, to], type: QueryTypes.UPDATE, transaction },
  );
  return moved;
};

const cancelledBefore = (
  database: Sequelize,
  transaction: Transaction,
  task: TaskRow,
): Promise<MovedSubtasks[]> =>
  database.query<MovedSubtasks>(
    `SELECT state AS was, max(run) AS "highestRun", '{}'::int[] AS ordinals
     FROM subtasks WHERE task_id = $1 AND state = 'cancelled' GROUP BY state`,
    { bind: [task.id], type: QueryTypes.SELECT, transaction },
  );

/** Cells that never began are stopped by the books alone. */
const stopBegun = async (
  database: Sequelize,
  transaction: Transaction,
  taskId: string,
  moved: readonly MovedSubtasks[],
): Promise<void> => {
  const begun = moved.filter(({ was }) => was !== 'pending');
  const upToRun = Math.max(0, ...begun.map(({ highestRun }) => highestRun));
  if (upToRun > 0) await orderStop(database, transaction, { taskId, upToRun });
};

const settle = async (
  database: Sequelize,
  transaction: Transaction,
  task: TaskRow,
  moved: readonly MovedSubtasks[],
  to: SubtaskState,
  cursors?: ReadonlyMap<string, number>,
): Promise<Controlled> => {
  const counts = new CountChanges();
  for (const { was, ordinals } of moved) counts.move(task.id, was, to, ordinals.length);
  const [updated] = await applyCounts(database, transaction, [task], counts, cursors);
  return { task: updated ?? task, moved };
};

const setState = async (
  database: Sequelize,
  transaction: Transaction,
  task: TaskRow,
  state: TaskRow['state'],
): Promise<TaskRow> => {
  const [updated] = await database.query<TaskRow>(
    `UPDATE tasks SET state = $2, finished_at = CASE WHEN $3 THEN clock_timestamp() END WHERE id = $1 RETURNING *`,
    { bind: [task.id, state, isFinalTaskState(state)], type: QueryTypes.SELECT, transaction },
  );
  return updated as TaskRow;
};

const assertOpen = ({ state }: TaskRow): void => {
  if (isFinalTaskState(state))
    throw conflict('task_finished', `The task has already ended: it is ${state.replace('_', ' ')}.`);
};

/** Cancels what is unfinished of a task that has not ended: its runs are to stop, its webhooks to be told. */
const endOpen = async (database: Sequelize, transaction: Transaction, task: TaskRow): Promise<Controlled> => {
  const cancelled = await setState(database, transaction, task, 'cancelled');
  const moved = await moveAll(database, transaction, task, ['pending', 'queued', 'running'], 'cancelled');
  await stopBegun(database, transaction, task.id, moved);
  const settled = await settle(database, transaction, cancelled, moved, 'cancelled');
  await tellTaskChanges(database, transaction, [task], [settled.task]);
  return settled;
};

/**
 * Ends what is not finished. Cancelling twice is one cancel, and orders again which runs are to stop: a Redis that lost
 * its data may have lost the word of the first.
 *
 * @throws DomainError `task_finished` where the task already ended otherwise.
 */
export const cancelTask = (database: Sequelize, principal: Principal, taskId: string): Promise<Controlled> =>
  database.transaction(async (transaction) => {
    const task = await lockOwn(database, transaction, principal, taskId);
    if (task.state === 'cancelled') {
      const moved = await cancelledBefore(database, transaction, task);
      await stopBegun(database, transaction, taskId, moved);
      return { task, moved };
    }
    assertOpen(task);
    return endOpen(database, transaction, task);
  });

/** Holds back what is pending; what is queued or running goes on. */
export const pauseTask = (database: Sequelize, principal: Principal, taskId: string): Promise<Controlled> =>
  database.transaction(async (transaction) => {
    const task = await lockOwn(database, transaction, principal, taskId);
    if (task.state === 'paused') return { task, moved: [] };
    assertOpen(task);
    return { task: await setState(database, transaction, task, 'paused'), moved: [] };
  });

export const resumeTask = (database: Sequelize, principal: Principal, taskId: string): Promise<Controlled> =>
  database.transaction(async (transaction) => {
    const task = await lockOwn(database, transaction, principal, taskId);
    if (task.state === 'pending' || task.state === 'running') return { task, moved: [] };
    if (task.state !== 'paused') {
      throw conflict(
        'task_not_paused',
        `Only a paused task can be resumed; this one is ${task.state.replace('_', ' ')}.`,
      );
    }
    const begun = task.total > task.pending;
    const resumed = await setState(database, transaction, task, begun ? 'running' : 'pending');
    await notifyDispatcher(database, transaction, task);
    return { task: resumed, moved: [] };
  });

/**
 * Puts failed subtasks back to pending, or one failed or cancelled one where `ordinal` is given.
 *
 * @param undo undoes what else is kept of their ends, before the commit: where it rejects nothing has changed.
 * @throws DomainError `nothing_to_retry`; `quota_exceeded`, though an admin may bring back what its owner may not.
 */
export const retryTask = (
  database: Sequelize,
  principal: Principal,
  { taskId, ordinal }: { readonly taskId: string; readonly ordinal?: number },
  quotas: QuotaStore,
  undo: Undo,
): Promise<Controlled> =>
  database.transaction(async (transaction) => {
    const task = await lockOwn(database, transaction, principal, taskId);
    if (ordinal !== undefined && ordinal >= task.total) throw notFound('subtask');
    const from: SubtaskState[] = ordinal === undefined ? ['failed'] : ['failed', 'cancelled'];
    const moved = await moveAll(database, transaction, task, from, 'pending', ordinal);
    if (moved.length === 0) {
      throw conflict(
        'nothing_to_retry',
        ordinal === undefined
          ? 'No subtask of this task has failed.'
          : 'Only a failed or cancelled subtask can be retried.',
      );
    }
    let first = task.dispatch_cursor;
    for (const { ordinals } of moved)
      for (const each of ordinals) first = Math.min(first, placeOf(task.axes, task.dispatch_axes, each));
    await notifyDispatcher(database, transaction, task);
    const settled = await settle(database, transaction, task, moved, 'pending', new Map([[task.id, first]]));
    const withinQuota = async (alone: boolean): Promise<void> => {
      if (principal.role !== 'admin') await quotas.check(transaction, task.owner_id, ofWork, alone);
    };
    await withinQuota(false);
    await undo(taskId);
    await withinQuota(true);
    return settled;
  });

/** Hides a task for good; what of it is unfinished is cancelled. @param undo as of `retryTask`. */
export const deleteTask = (
  database: Sequelize,
  principal: Principal,
  taskId: string,
  undo: Undo,
): Promise<Controlled> =>
  database.transaction(async (transaction) => {
    const task = await lockOwn(database, transaction, principal, taskId);
    const isEnded = isFinalTaskState(task.state);
    const ended = isEnded ? { task, moved: [] } : await endOpen(database, transaction, task);
    await database.query(`UPDATE tasks SET deleted_at = clock_timestamp() WHERE id = $1`, {
      bind: [taskId],
      transaction,
    });
    await undo(taskId);
    return ended;
  });

/** @throws DomainError `not_found`. */
export const rateSubtask = (
  database: Sequelize,
  principal: Principal,
  taskId: string,
  ordinal: number,
  patch: SubtaskPatch,
): Promise<TaskRow> =>
  database.transaction(async (transaction) => {
    const task = await lockOwn(database, transaction, principal, taskId);
    const rows = await database.query(
      `UPDATE subtasks SET rating = coalesce($3::rating, rating),
         evaluation = CASE WHEN $4::jsonb ? 'evaluation' THEN $4::jsonb ->> 'evaluation' ELSE evaluation END
       WHERE task_id = $1 AND ordinal = $2 RETURNING ordinal`,
      {
        bind: [taskId, ordinal, patch.rating ?? null, postgresJson(patch)],
        type: QueryTypes.SELECT,
        transaction,
      },
    );
    if (rows.length === 0) throw notFound('subtask');
    return task;
  });

/** Wakes the lane's dispatcher, wherever it runs, once the transaction commits. */
const notifyDispatcher = (database: Sequelize, transaction: Transaction, task: TaskRow) =>
  database.query(`SELECT pg_notify('backend2_dispatch', $1)`, { bind: [task.lane], transaction });
