import {
  notFound,
  type Page,
  type Principal,
  type StoredArtifact,
  type SubtaskListQuery,
} from '@backend2/contracts';
import { currentTrace } from '@backend2/service-kit';
import { QueryTypes, type Sequelize, type Transaction } from 'sequelize';
import type { AcceptedSubmission } from '../domain/accept-submission.ts';
import { decodeCursor, encodeCursor } from './page-cursor.ts';
import { postgresJson } from '@backend2/database';
import {
  storedArtifactOf,
  subtaskColumns,
  type ArtifactRow,
  type SubtaskRow,
  type TaskRow,
} from './task-rows.ts';

/** What may be seen: one's own, or for an admin everyone's. */
const visible = (alias: string, parameter: number): string =>
  `${alias}.deleted_at IS NULL AND ($${parameter}::uuid IS NULL OR ${alias}.owner_id = $${parameter})`;

export const seenBy = (principal: Principal): string | null =>
  principal.role === 'admin' ? null : principal.userId;

/** The id orders tasks by time. Undefined where a task with this id is there already. */
export const insertTask = async (
  database: Sequelize,
  transaction: Transaction,
  id: string,
  ownerId: string,
  { submission, variables, axes, total, dispatchAxes }: AcceptedSubmission,
): Promise<TaskRow | undefined> => {
  const [row] = await database.query<TaskRow>(
    `INSERT INTO tasks (id, owner_id, name, kind, lane, input, variables, axes, batch_size, priority, timeout_ms,
       max_attempts, tags, total, pending, run_at, trace, dispatch_axes)
     VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $14, $15, $16, $17)
     ON CONFLICT (id) DO NOTHING
     RETURNING *`,
    {
      bind: [
        id,
        ownerId,
        submission.name,
        submission.kind,
        submission.lane,
        postgresJson(submission.input),
        postgresJson(variables),
        postgresJson(axes),
        submission.batchSize,
        submission.priority,
        submission.timeoutMs,
        submission.maxAttempts,
        submission.tags,
        total,
        submission.runAt ?? null,
        currentTrace() ?? null,
        dispatchAxes,
      ],
      type: QueryTypes.SELECT,
      transaction,
    },
  );
  return row;
};

/** All of a new task's, by one statement whatever their number; wakes the lane's dispatcher once they are committed. */
export const insertSubtasks = async (
  database: Sequelize,
  transaction: Transaction,
  { id, total, lane }: TaskRow,
): Promise<void> => {
  await database.query(
    `INSERT INTO subtasks (task_id, ordinal) SELECT $1::uuid, ordinal FROM generate_series(0, $2::int - 1) AS ordinal`,
    { bind: [id, total], transaction },
  );
  await database.query(`SELECT pg_notify('backend2_dispatch', $1)`, { bind: [lane], transaction });
};

/** @throws DomainError `not_found` for an id that is not there or not the principal's. */
export const findTask = async (
  database: Sequelize,
  principal: Principal,
  taskId: string,
): Promise<TaskRow> => {
  const [row] = await database.query<TaskRow>(
    `SELECT * FROM tasks t WHERE t.id = $1 AND ${visible('t', 2)}`,
    {
      bind: [taskId, seenBy(principal)],
      type: QueryTypes.SELECT,
    },
  );
  if (row === undefined) throw notFound('task');
  return row;
};

export const listSubtasks = async (
  database: Sequelize,
  taskId: string,
  query: SubtaskListQuery,
): Promise<Page<SubtaskRow>> => {
  const rows = await database.query<SubtaskRow>(
    `SELECT ${subtaskColumns} FROM subtasks s
     WHERE s.task_id = $1 AND s.ordinal > $2 AND ($3::subtask_state IS NULL OR s.state = $3)
       AND ($4::rating IS NULL OR s.rating = $4)
     ORDER BY s.ordinal LIMIT $5`,
    {
      bind: [
        taskId,
        Number(decodeCursor(query.cursor, /^\d{1,9}$/) ?? -1),
        query.state ?? null,
        query.rating ?? null,
        query.limit + 1,
      ],
      type: QueryTypes.SELECT,
    },
  );
  const items = rows.slice(0, query.limit);
  return {
    items,
    nextCursor: rows.length > query.limit ? encodeCursor((items.at(-1) as SubtaskRow).ordinal) : null,
  };
};

/** The subtasks with these ordinals, in ordinal order. */
export const findSubtasks = (
  database: Sequelize,
  taskId: string,
  ordinals: readonly number[],
): Promise<SubtaskRow[]> =>
  database.query<SubtaskRow>(
    `SELECT ${subtaskColumns} FROM subtasks s WHERE s.task_id = $1 AND s.ordinal = ANY($2::int[]) ORDER BY s.ordinal`,
    { bind: [taskId, ordinals], type: QueryTypes.SELECT },
  );

/** @throws DomainError `not_found` for a file that is not there or not the principal's. */
export const findArtifact = async (
  database: Sequelize,
  principal: Principal,
  artifactId: string,
): Promise<StoredArtifact> => {
  const [row] = await database.query<ArtifactRow>(
    `SELECT a.id, a.key, a.content_type AS "contentType", a.bytes::float8 AS bytes, a.sha256, a.width, a.height
     FROM artifacts a JOIN tasks t ON t.id = a.task_id WHERE a.id = $1 AND ${visible('t', 2)}`,
    { bind: [artifactId, seenBy(principal)], type: QueryTypes.SELECT },
  );
  if (row === undefined) throw notFound('artifact');
  return storedArtifactOf(row);
};
