import type { ProgressReport, StoredArtifact, SubtaskState } from '@backend2/contracts';
import { QueryTypes, type Sequelize, type Transaction } from 'sequelize';
import { plainArray, postgresJson, prepared } from '@backend2/database';
import type { Progress } from '../domain/merge-results.ts';
import { subtaskEvent } from '../domain/webhook-events.ts';
import { applyCounts, CountChanges, lockTaskHeads } from './postgres-task-counts.ts';
import { insertDeliveries, type Told } from './postgres-webhook-outbox.ts';
import { artifactViewOf, storedArtifactOf, type SubtaskRow, type TaskHead } from './task-rows.ts';

export interface RecordedChange {
  readonly progress: Progress;
  readonly was: SubtaskState;
}

interface Recorded {
  /** Subtasks that changed; the rest of the batch was a duplicate, late or foreign. */
  readonly changes: readonly RecordedChange[];
  readonly tasks: readonly TaskHead[];
}

interface ChangedRow {
  /** In the batch, from 1. */
  readonly place: number;
  readonly was: SubtaskState;
}

type PresentRow = Pick<
  SubtaskRow,
  | 'task_id'
  | 'ordinal'
  | 'run'
  | 'attempt'
  | 'started_at'
  | 'finished_at'
  | 'duration_ms'
  | 'result'
  | 'error'
  | 'artifacts'
> & { readonly state: Progress['state'] };

export interface RecorderStore {
  /** Writes a batch in one transaction; a run of a subtask may stand in it once. Doing it again changes nothing. */
  record(batch: readonly Progress[]): Promise<Recorded>;
  /** How the same runs stand in the books now, whatever these results say of them. */
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
      const changes = rows.map(({ place, was }) => ({ progress: live[place - 1] as Progress, was }));
      const counts = new CountChanges();
      for (const { progress, was } of changes) counts.move(progress.taskId, was, progress.state);
      await insertArtifacts(database, transaction, changes);
      await insertDeliveries(database, transaction, toldOf(changes, locked, apiPrefix));
      return { changes, tasks: await applyCounts(database, transaction, locked, counts) };
    }),

  present: (batch) =>
    database.transaction(async (transaction) => {
      // Waits for a change under way: an end that it undoes is not to be told, nor kept, as the present one.
      const locked = await lockTaskHeads(
        database,
        transaction,
        batch.map(({ taskId }) => taskId),
      );
      const rows = await database.query<PresentRow>(
        `SELECT s.task_id, s.ordinal, s.run, s.attempt, s.state, s.started_at, s.finished_at, s.duration_ms, s.result, s.error,
         coalesce((SELECT jsonb_agg(jsonb_build_object('id', a.id, 'key', a.key, 'contentType', a.content_type,
             'bytes', a.bytes, 'sha256', a.sha256, 'width', a.width, 'height', a.height) ORDER BY a.place)
           FROM artifacts a WHERE a.task_id = s.task_id AND a.ordinal = s.ordinal AND a.run = s.run), '[]') AS artifacts
       FROM unnest($1::uuid[], $2::int[], $3::int[]) AS r(task_id, ordinal, run)
       JOIN subtasks s ON s.task_id = r.task_id AND s.ordinal = r.ordinal AND s.run = r.run
       WHERE s.state <> 'pending'`,
        {
          bind: [
            batch.map(({ taskId }) => taskId),
            batch.map(({ ordinal }) => ordinal),
            batch.map(({ run }) => run),
          ],
          type: QueryTypes.SELECT,
          transaction,
        },
      );
      const changes = rows.map((row) => ({ progress: progressOf(row), was: row.state }));
      const concerned = new Set(changes.map(({ progress }) => progress.taskId));
      return { changes, tasks: locked.filter(({ id }) => concerned.has(id)) };
    }),

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

const progressOf = (row: PresentRow): Progress => ({
  taskId: row.task_id,
  ordinal: row.ordinal,
  run: row.run,
  attempt: row.attempt,
  state: row.state,
  startedAt: row.started_at?.getTime() ?? null,
  finishedAt: row.finished_at?.getTime() ?? null,
  durationMs: row.duration_ms,
  result: row.result,
  error: row.error,
  artifacts: row.artifacts.map(storedArtifactOf),
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

/**
 * Each cell is looked up by its key, whatever the planner thinks it knows: the fence keeps it from a join of its choice, which
 * for a table that has grown since it was last analyzed is one over all of it.
 */
export const moveText = prepared(
  `WITH legal AS MATERIALIZED (
     SELECT i.*, s.state AS was
     FROM unnest($1::uuid[], $2::int[], $3::int[], $4::int[], $5::subtask_state[], $6::float8[], $7::float8[], $8::real[])
       WITH ORDINALITY AS i(task_id, ordinal, run, attempt, state, started_ms, finished_ms, duration_ms, place)
     CROSS JOIN LATERAL (
       SELECT s.state, s.attempt FROM subtasks s
       WHERE s.task_id = i.task_id AND s.ordinal = i.ordinal AND s.run = i.run
       OFFSET 0
     ) s
     WHERE CASE i.state
       WHEN 'running' THEN s.state = 'queued' AND i.attempt > s.attempt
       WHEN 'queued' THEN s.state IN ('queued', 'running')
         AND (i.attempt > s.attempt OR (i.attempt = s.attempt AND s.state = 'running'))
       ELSE s.state IN ('queued', 'running')
     END
   )
   UPDATE subtasks s SET
     state = l.state, attempt = l.attempt,
     result = nullif($9::jsonb -> (l.place - 1)::int, 'null'), error = nullif($10::jsonb -> (l.place - 1)::int, 'null'),
     started_at = coalesce(to_timestamp(l.started_ms / 1000), s.started_at),
     finished_at = to_timestamp(l.finished_ms / 1000), duration_ms = l.duration_ms
   FROM legal l
   WHERE s.task_id = l.task_id AND s.ordinal = l.ordinal
   RETURNING l.place::int AS place, l.was`,
);

/** Their tasks must be locked. */
const moveSubtasks = (database: Sequelize, transaction: Transaction, batch: readonly Progress[]) =>
  database.query<ChangedRow>(moveText, {
    bind: [
      plainArray(batch.map(({ taskId }) => taskId)),
      plainArray(batch.map(({ ordinal }) => ordinal)),
      plainArray(batch.map(({ run }) => run)),
      plainArray(batch.map(({ attempt }) => attempt)),
      plainArray(batch.map(({ state }) => state)),
      plainArray(batch.map(({ startedAt }) => startedAt)),
      plainArray(batch.map(({ finishedAt }) => finishedAt)),
      plainArray(batch.map(({ durationMs }) => durationMs)),
      postgresJson(batch.map(({ result }) => result)),
      postgresJson(batch.map(({ error }) => error)),
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
