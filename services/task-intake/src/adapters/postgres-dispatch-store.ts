import type { Lane } from '@backend2/contracts';
import { QueryTypes, type Sequelize, type Transaction } from 'sequelize';
import { prepared } from '@backend2/database';
import type { Candidate } from '../domain/fair-share.ts';
import { ordinalAt, placeOf } from '../domain/dispatch-order.ts';
import { applyCounts, CountChanges, lockTasks } from './postgres-task-counts.ts';
import type { TaskRow } from './task-rows.ts';

export interface SubtaskRun {
  readonly taskId: string;
  readonly ordinal: number;
  readonly run: number;
}

/** A task with the cells of it that were just made ready to run. */
export interface Claimed {
  readonly task: TaskRow;
  readonly runs: readonly SubtaskRun[];
}

export interface DispatchStore {
  /** Tasks with cells to dispatch now; of each owner the `perOwner` with the highest priority and the `perOwner` oldest. */
  candidates(lane: Lane, perOwner: number): Promise<Candidate[]>;
  /** Marks up to so many cells of each task queued, as a new run. The caller publishes them afterwards. */
  claim(plan: ReadonlyMap<string, number>): Promise<{ claimed: Claimed[]; tasks: TaskRow[] }>;
  /** Every run of the lane that is not finished, by the books, once nothing is under way that puts others there. */
  inFlight(lane: Lane): Promise<SubtaskRun[]>;
  /** Begins anew the runs that are still unfinished, each as a run of its own, so that whatever became of the old one counts no more. */
  renew(runs: readonly SubtaskRun[]): Promise<Claimed[]>;
}

interface CellRow {
  readonly ordinal: number;
  readonly run: number;
}
interface RunRow extends CellRow {
  readonly task_id: string;
}

const runOf = (row: RunRow): SubtaskRun => ({ taskId: row.task_id, ordinal: row.ordinal, run: row.run });

/** Cells tried at once where many in a row turn out not to be pending, as when the failed ones of a large task are retried. */
const widestStride = 5000;

/** As the indexes for it say it. */
const waitsOn = (lane: string): string =>
  `lane = ${lane} AND pending > 0 AND deleted_at IS NULL AND state IN ('pending', 'running')`;

/** From owner to owner along the index, and of each no more than is needed: the backlog may be tens of thousands. */
const candidatesText = prepared(
  `WITH RECURSIVE owners AS (
     (SELECT owner_id FROM tasks WHERE ${waitsOn('$1')} ORDER BY owner_id LIMIT 1)
     UNION ALL
     SELECT (SELECT owner_id FROM tasks WHERE ${waitsOn('$1')} AND owner_id > o.owner_id
       ORDER BY owner_id LIMIT 1)
     FROM owners o WHERE o.owner_id IS NOT NULL
   )
   SELECT DISTINCT t.id AS "taskId", t.owner_id AS "ownerId", t.priority, t.pending
   FROM owners o CROSS JOIN LATERAL (
     (SELECT id, owner_id, priority, pending FROM tasks
      WHERE ${waitsOn('$1')} AND owner_id = o.owner_id AND (run_at IS NULL OR run_at <= now())
      ORDER BY priority DESC, id LIMIT $2)
     UNION ALL
     (SELECT id, owner_id, priority, pending FROM tasks
      WHERE ${waitsOn('$1')} AND owner_id = o.owner_id AND (run_at IS NULL OR run_at <= now())
      ORDER BY id LIMIT $2)
   ) t`,
);

/** A statement of a dispatcher that died may still be carried out: what is in the books is known once none is left. */
const beforeQueueing = prepared(`SELECT pg_advisory_xact_lock_shared(hashtext('backend2 queueing'))`);
const onceQueued = `SELECT pg_advisory_xact_lock(hashtext('backend2 queueing'))`;

export const postgresDispatchStore = (database: Sequelize): DispatchStore => ({
  candidates: (lane, perOwner) =>
    database.query<Candidate>(candidatesText, { bind: [lane, perOwner], type: QueryTypes.SELECT }),

  claim: (plan) =>
    database.transaction(async (transaction) => {
      await database.query(beforeQueueing, { transaction });
      const locked = (await lockTasks(database, transaction, [...plan.keys()])).filter(
        (task) => task.state === 'pending' || task.state === 'running',
      );
      const counts = new CountChanges();
      const cursors = new Map<string, number>();
      const claimed: Claimed[] = [];
      for (const task of locked) {
        const wanted = Math.min(plan.get(task.id) ?? 0, task.pending);
        const { runs, cursor } = await queueFrom(database, transaction, task, wanted);
        counts.move(task.id, 'pending', 'queued', runs.length);
        cursors.set(task.id, cursor);
        claimed.push({ task, runs });
      }
      return { claimed, tasks: await applyCounts(database, transaction, locked, counts, cursors) };
    }),

  inFlight: (lane) =>
    database.transaction(async (transaction) => {
      await database.query(onceQueued, { transaction });
      const rows = await database.query<RunRow>(
        `SELECT s.task_id, s.ordinal, s.run FROM tasks t JOIN subtasks s ON s.task_id = t.id
         WHERE t.lane = $1 AND t.queued + t.running > 0 AND t.deleted_at IS NULL AND s.state IN ('queued', 'running')`,
        { bind: [lane], type: QueryTypes.SELECT, transaction },
      );
      return rows.map(runOf);
    }),

  renew: (runs) =>
    database.transaction(async (transaction) => {
      await database.query(beforeQueueing, { transaction });
      const locked = await lockTasks(
        database,
        transaction,
        runs.map((run) => run.taskId),
      );
      const rows = await database.query<RunRow & { was: 'queued' | 'running' }>(
        `WITH lost AS MATERIALIZED (
           SELECT s.task_id, s.ordinal, s.state AS was
           FROM unnest($1::uuid[], $2::int[], $3::int[]) AS l(task_id, ordinal, run)
           JOIN subtasks s ON s.task_id = l.task_id AND s.ordinal = l.ordinal AND s.run = l.run
           JOIN tasks t ON t.id = s.task_id AND t.deleted_at IS NULL
           WHERE s.state IN ('queued', 'running')
         )
         UPDATE subtasks s SET state = 'queued', run = s.run + 1, attempt = 0, queued_at = clock_timestamp(), started_at = NULL
         FROM lost l WHERE s.task_id = l.task_id AND s.ordinal = l.ordinal
         RETURNING s.task_id, s.ordinal, s.run, l.was`,
        {
          bind: [runs.map((run) => run.taskId), runs.map((run) => run.ordinal), runs.map((run) => run.run)],
          type: QueryTypes.SELECT,
          transaction,
        },
      );
      const counts = new CountChanges();
      for (const row of rows) counts.move(row.task_id, row.was, 'queued');
      await applyCounts(database, transaction, locked, counts);
      return locked.map((task) => ({ task, runs: rows.filter((row) => row.task_id === task.id).map(runOf) }));
    }),
});

/** Queues the next `wanted` pending cells after the task's cursor, which moves past what was looked at. */
const queueFrom = async (
  database: Sequelize,
  transaction: Transaction,
  task: TaskRow,
  wanted: number,
): Promise<{ runs: SubtaskRun[]; cursor: number }> => {
  const queueWithin = task.dispatch_axes === null ? queueRowMajor : queueOrdered;
  const runs: SubtaskRun[] = [];
  let cursor = task.dispatch_cursor;
  let stride = wanted;
  while (runs.length < wanted && cursor < task.total) {
    const end = Math.min(cursor + stride, task.total);
    const rows = await queueWithin(database, transaction, task, cursor, end, wanted - runs.length);
    runs.push(...rows.map(({ ordinal, run }) => ({ taskId: task.id, ordinal, run })));
    cursor =
      runs.length === wanted
        ? placeOf(task.axes, task.dispatch_axes, (runs.at(-1) as SubtaskRun).ordinal) + 1
        : end;
    stride = Math.min(stride * 2, widestStride);
  }
  return { runs, cursor };
};

const queued = `state = 'queued', run = s.run + 1, attempt = 0, queued_at = clock_timestamp(),
  started_at = NULL, finished_at = NULL, duration_ms = NULL, result = NULL, error = NULL`;

/** Queues up to `limit` pending cells of a stretch of the dispatch order, and answers them in that order. */
type QueueWithin = (
  database: Sequelize,
  transaction: Transaction,
  task: TaskRow,
  from: number,
  to: number,
  limit: number,
) => Promise<CellRow[]>;

export const queueRangeText = prepared(
  `UPDATE subtasks s SET ${queued}
   WHERE s.task_id = $1 AND s.ordinal >= $2 AND s.state = 'pending' AND s.ordinal <= (
     SELECT max(ordinal) FROM (
       SELECT ordinal FROM subtasks
       WHERE task_id = $1 AND ordinal >= $2 AND ordinal < $3 AND state = 'pending' ORDER BY ordinal LIMIT $4
     ) next
   )
   RETURNING s.ordinal, s.run`,
);

/**
 * One range of the primary key without a join: of a task just written the planner knows nothing, takes its thousands for
 * one, and would compare each cell with each. The task is locked, so no cell moves between the two looks.
 */
const queueRowMajor: QueueWithin = async (database, transaction, task, from, to, limit) => {
  const rows = await database.query<CellRow>(queueRangeText, {
    bind: [task.id, from, to, limit],
    type: QueryTypes.SELECT,
    transaction,
  });
  return rows.toSorted((a, b) => a.ordinal - b.ordinal);
};

/** The task is locked, so no cell moves between the two statements. */
const queueOrdered: QueueWithin = async (database, transaction, task, from, to, limit) => {
  const ordinals = Array.from({ length: to - from }, (_, i) =>
    ordinalAt(task.axes, task.dispatch_axes, from + i),
  );
  const pending = await database.query<{ ordinal: number }>(
    `SELECT ordinal FROM subtasks WHERE task_id = $1 AND ordinal = ANY($2::int[]) AND state = 'pending'`,
    { bind: [task.id, ordinals], type: QueryTypes.SELECT, transaction },
  );
  const open = new Set(pending.map(({ ordinal }) => ordinal));
  const next = ordinals.filter((ordinal) => open.has(ordinal)).slice(0, limit);
  const rows = await database.query<CellRow>(
    `UPDATE subtasks s SET ${queued} WHERE s.task_id = $1 AND s.ordinal = ANY($2::int[])
     RETURNING s.ordinal, s.run`,
    { bind: [task.id, next], type: QueryTypes.SELECT, transaction },
  );
  const byOrdinal = new Map(rows.map((row) => [row.ordinal, row]));
  return next.map((ordinal) => byOrdinal.get(ordinal) as CellRow);
};
