import type { ProgressReport, StoredArtifact, SubtaskState } from '@backend2/contracts';
import { QueryTypes, type Sequelize, type Transaction } from 'sequelize';
import { postgresJson, prepared } from '@backend2/database';
import type { Progress } from '../domain/merge-results.ts';
import { subtaskEvent } from '../domain/webhook-events.ts';
import { applyCounts, CountChanges, lockTaskHeads } from './postgres-task-counts.ts';
import { insertDeliveries, type Told } from './postgres-webhook-outbox.ts';
import { artifactViewOf, taskColumns, type TaskHead, type TaskRow } from './task-rows.ts';

export interface RecordedChange {
  readonly progress: Progress;
  readonly was: SubtaskState;
}

export interface Recorded {
  /** Subtasks that changed; the rest of the batch was a duplicate, late or foreign. */
  readonly changes: readonly RecordedChange[];
  readonly tasks: readonly TaskRow[];
}

interface ChangedRow {
  readonly place: number;
  readonly was: SubtaskState;
}

export interface RecorderStore {
  /** Writes a batch in one transaction; a run of a subtask may stand in it once. Doing it again changes nothing. */
  record(batch: readonly Progress[]): Promise<Recorded>;
  /** How the same runs stand now, whether a result moved them or not. */
  present(batch: readonly Progress[]): Promise<Recorded>;
  /** Those of these reports whose run is under way, with the owner of the task. */
  underWay(
    reports: readonly ProgressReport[],
  ): Promise<{ readonly report: ProgressReport; readonly ownerId: string }[]>;
}

/** @param apiPrefix the public API's prefix, `/api/v1`, for what webhooks are told. */
export const postgresRecorderStore = (database: Sequelize, apiPrefix: string): RecorderStore => ({
  record: (batch) =>
    database.transaction(async (transaction) => {
      const locked = await lockTaskHeads(
        database,
        transaction,
        batch.map((progress) => progress.taskId),
      );
      const ids = new Set(locked.map(({ id }) => id));
      // Of tasks that are there: what was deleted is not locked.
      const live = batch.filter(({ taskId }) => ids.has(taskId));
      const rows = await moveSubtasks(database, transaction, live);
      const changes = rows.map(({ place, was }) => ({ progress: live[place] as Progress, was }));
      const counts = new CountChanges();
      for (const { progress, was } of changes) counts.move(progress.taskId, was, progress.state);
      await insertArtifacts(database, transaction, changes);
      await insertDeliveries(database, transaction, toldOf(changes, locked, apiPrefix));
      return { changes, tasks: await applyCounts(database, transaction, locked, counts) };
    }),

  present: async (batch) => {
    const rows = await database.query<{ place: number; state: Progress['state']; attempt: number }>(
      `SELECT r.place::int AS place, s.state, s.attempt
       FROM unnest($1::uuid[], $2::int[], $3::int[]) WITH ORDINALITY AS r(task_id, ordinal, run, place)
       JOIN subtasks s ON s.task_id = r.task_id AND s.ordinal = r.ordinal AND s.run = r.run
       WHERE s.state <> 'pending'`,
      {
        bind: [
          batch.map(({ taskId }) => taskId),
          batch.map(({ ordinal }) => ordinal),
          batch.map(({ run }) => run),
        ],
        type: QueryTypes.SELECT,
      },
    );
    const changes = rows.map(({ place, state, attempt }) => ({
      progress: { ...(batch[place - 1] as Progress), state, attempt },
      was: state,
    }));
    const tasks = await database.query<TaskRow>(
      `SELECT ${taskColumns} FROM tasks WHERE id = ANY($1::uuid[]) AND deleted_at IS NULL`,
      { bind: [[...new Set(changes.map(({ progress }) => progress.taskId))]], type: QueryTypes.SELECT },
    );
    return { changes, tasks };
  },

  underWay: async (reports) => {
    const rows = await database.query<{ place: number; ownerId: string }>(
      `SELECT r.place::int AS place, t.owner_id AS "ownerId"
       FROM unnest($1::uuid[], $2::int[], $3::int[]) WITH ORDINALITY AS r(task_id, ordinal, run, place)
       JOIN subtasks s ON s.task_id = r.task_id AND s.ordinal = r.ordinal AND s.run = r.run
       JOIN tasks t ON t.id = r.task_id AND t.deleted_at IS NULL
       WHERE s.state IN ('queued', 'running')`,
      {
        bind: [
          reports.map(({ taskId }) => taskId),
          reports.map(({ ordinal }) => ordinal),
          reports.map(({ run }) => run),
        ],
        type: QueryTypes.SELECT,
      },
    );
    return rows.map(({ place, ownerId }) => ({ report: reports[place - 1] as ProgressReport, ownerId }));
  },
});

/** Ended subtasks of tasks that a webhook hears of. */
const toldOf = (
  changes: readonly RecordedChange[],
  locked: readonly TaskHead[],
  apiPrefix: string,
): Told[] => {
  const heard = new Map(locked.filter(({ listeners }) => listeners).map((task) => [task.id, task]));
  if (heard.size === 0) return [];
  const at = new Date();
  return changes.flatMap(({ progress }): Told[] => {
    const task = heard.get(progress.taskId);
    const { state } = progress;
    if (!task?.listeners || (state !== 'succeeded' && state !== 'failed')) return [];
    const artifacts = progress.artifacts.map((artifact) => artifactViewOf(artifact, apiPrefix));
    return [{ event: subtaskEvent(task, { ...progress, state, artifacts }, at), listeners: task.listeners }];
  });
};

const moveText = prepared(
  `WITH incoming AS MATERIALIZED (
     SELECT * FROM jsonb_to_recordset($1::jsonb) AS r(place int, task_id uuid, ordinal int, run int, attempt int,
       state subtask_state, started_at timestamptz, finished_at timestamptz, duration_ms real, result jsonb, error jsonb)
   ), legal AS MATERIALIZED (
     SELECT i.*, s.state AS was
     FROM incoming i
     JOIN subtasks s ON s.task_id = i.task_id AND s.ordinal = i.ordinal AND s.run = i.run
     WHERE CASE i.state
       WHEN 'running' THEN s.state = 'queued' AND i.attempt > s.attempt
       WHEN 'queued' THEN s.state IN ('queued', 'running')
         AND (i.attempt > s.attempt OR (i.attempt = s.attempt AND s.state = 'running'))
       ELSE s.state IN ('queued', 'running')
     END
   )
   UPDATE subtasks s SET
     state = l.state, attempt = l.attempt, result = l.result, error = l.error,
     started_at = coalesce(l.started_at, s.started_at), finished_at = l.finished_at, duration_ms = l.duration_ms
   FROM legal l
   WHERE s.task_id = l.task_id AND s.ordinal = l.ordinal
   RETURNING l.place, l.was`,
);

/** Their tasks must be locked. */
const moveSubtasks = (database: Sequelize, transaction: Transaction, batch: readonly Progress[]) =>
  database.query<ChangedRow>(moveText, {
    bind: [
      postgresJson(
        batch.map((progress, place) => ({
          place,
          task_id: progress.taskId,
          ordinal: progress.ordinal,
          run: progress.run,
          attempt: progress.attempt,
          state: progress.state,
          started_at: progress.startedAt === null ? null : new Date(progress.startedAt),
          finished_at: progress.finishedAt === null ? null : new Date(progress.finishedAt),
          duration_ms: progress.durationMs,
          result: progress.result,
          error: progress.error,
        })),
      ),
    ],
    type: QueryTypes.SELECT,
    transaction,
  });

const insertArtifacts = async (
  database: Sequelize,
  transaction: Transaction,
  changes: readonly RecordedChange[],
): Promise<void> => {
  const rows = changes.flatMap(({ progress }) =>
    progress.artifacts.map((artifact: StoredArtifact, place) => ({
      id: artifact.id,
      task_id: progress.taskId,
      ordinal: progress.ordinal,
      run: progress.run,
      place,
      key: artifact.key,
      content_type: artifact.contentType,
      bytes: artifact.bytes,
      sha256: artifact.sha256,
      width: artifact.width ?? null,
      height: artifact.height ?? null,
    })),
  );
  if (rows.length === 0) return;
  await database.query(
    `INSERT INTO artifacts (id, task_id, ordinal, run, place, key, content_type, bytes, sha256, width, height)
     SELECT * FROM jsonb_to_recordset($1::jsonb) AS r(id uuid, task_id uuid, ordinal int, run int, place smallint,
       key text, content_type text, bytes bigint, sha256 text, width int, height int)
     ON CONFLICT (id) DO NOTHING`,
    { bind: [postgresJson(rows)], transaction },
  );
};
