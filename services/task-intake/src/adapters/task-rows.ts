import type {
  ArtifactView,
  Axis,
  ExpandedVariable,
  Json,
  Lane,
  Rating,
  StoredArtifact,
  SubtaskCounts,
  SubtaskError,
  SubtaskState,
  SubtaskView,
  TaskDetail,
  TaskState,
  TaskView,
} from '@backend2/contracts';
import { coordinatesOf, valuesOf } from '../domain/axes.ts';
import type { Listener } from '../domain/webhook-events.ts';

export interface TaskRow extends SubtaskCounts {
  readonly id: string;
  readonly owner_id: string;
  readonly name: string;
  readonly kind: string;
  readonly lane: Lane;
  readonly state: TaskState;
  readonly input: Json;
  readonly variables: ExpandedVariable[];
  readonly axes: Axis[];
  readonly batch_size: number;
  readonly priority: number;
  readonly timeout_ms: number;
  readonly max_attempts: number;
  readonly tags: string[];
  readonly total: number;
  readonly dispatch_cursor: number;
  readonly dispatch_axes: number[] | null;
  /** W3C `traceparent` of its submission. */
  readonly trace: string | null;
  readonly run_at: Date | null;
  readonly created_at: Date;
  readonly started_at: Date | null;
  readonly finished_at: Date | null;
  /** Webhooks that hear of it; only rows of `lockTasks` say. */
  readonly listeners?: readonly Listener[] | null;
}

/** A task without what may be large: the input, the variables and what they make. */
export type TaskHead = Omit<TaskRow, 'input' | 'variables' | 'axes' | 'dispatch_axes'>;

/** What lists and events need: all but the input and the variables, which may be large. */
export const taskColumns = `id, owner_id, name, kind, lane, state, batch_size, priority, timeout_ms, max_attempts,
  tags, total, pending, queued, running, succeeded, failed, cancelled, trace, run_at, created_at, started_at, finished_at`;

export const countsOf = (row: SubtaskCounts): SubtaskCounts => ({
  pending: row.pending,
  queued: row.queued,
  running: row.running,
  succeeded: row.succeeded,
  failed: row.failed,
  cancelled: row.cancelled,
});

const iso = (date: Date | null): string | null => date?.toISOString() ?? null;

export const taskViewOf = (row: TaskHead): TaskView => ({
  id: row.id,
  ownerId: row.owner_id,
  name: row.name,
  kind: row.kind,
  lane: row.lane,
  state: row.state,
  total: row.total,
  counts: countsOf(row),
  priority: row.priority,
  batchSize: row.batch_size,
  timeoutMs: row.timeout_ms,
  maxAttempts: row.max_attempts,
  tags: row.tags,
  runAt: iso(row.run_at),
  createdAt: row.created_at.toISOString(),
  startedAt: iso(row.started_at),
  finishedAt: iso(row.finished_at),
});

export const taskDetailOf = (row: TaskRow): TaskDetail => ({
  ...taskViewOf(row),
  input: row.input,
  variables: row.variables,
  axes: row.axes,
});

export type ArtifactRow = Omit<StoredArtifact, 'contentType' | 'width' | 'height'> & {
  readonly contentType: string;
  readonly width: number | null;
  readonly height: number | null;
};

export interface SubtaskRow {
  readonly task_id: string;
  readonly ordinal: number;
  readonly state: SubtaskState;
  readonly run: number;
  readonly attempt: number;
  readonly rating: Rating;
  readonly evaluation: string | null;
  readonly result: Json;
  readonly error: SubtaskError | null;
  readonly queued_at: Date | null;
  readonly started_at: Date | null;
  readonly finished_at: Date | null;
  readonly duration_ms: number | null;
  readonly artifacts: ArtifactRow[];
}

/** A subtask `s` with the files of its present run. */
export const subtaskColumns = `s.task_id, s.ordinal, s.state, s.run, s.attempt, s.rating, s.evaluation, s.result, s.error,
  s.queued_at, s.started_at, s.finished_at, s.duration_ms,
  coalesce((SELECT jsonb_agg(jsonb_build_object('id', a.id, 'contentType', a.content_type, 'bytes', a.bytes,
      'width', a.width, 'height', a.height) ORDER BY a.place)
    FROM artifacts a WHERE a.task_id = s.task_id AND a.ordinal = s.ordinal AND a.run = s.run), '[]') AS artifacts`;

export const storedArtifactOf = (row: ArtifactRow): StoredArtifact => ({
  id: row.id,
  key: row.key,
  contentType: row.contentType,
  bytes: row.bytes,
  sha256: row.sha256,
  ...(row.width === null ? {} : { width: row.width }),
  ...(row.height === null ? {} : { height: row.height }),
});

/** @param apiPrefix the public API's prefix, `/api/v1`. */
export const artifactViewOf = (
  artifact: Pick<ArtifactRow, 'id' | 'contentType' | 'bytes'> & {
    width?: number | null;
    height?: number | null;
  },
  apiPrefix: string,
): ArtifactView => ({
  id: artifact.id,
  url: `${apiPrefix}/artifacts/${artifact.id}`,
  contentType: artifact.contentType,
  bytes: artifact.bytes,
  ...(artifact.width == null ? {} : { width: artifact.width }),
  ...(artifact.height == null ? {} : { height: artifact.height }),
});

export const subtaskViewOf = (
  row: SubtaskRow,
  task: { readonly axes: readonly Axis[]; readonly variables: readonly ExpandedVariable[] },
  apiPrefix: string,
): SubtaskView => ({
  taskId: row.task_id,
  ordinal: row.ordinal,
  coordinates: coordinatesOf(task.axes, row.ordinal),
  values: valuesOf(task.variables, task.axes, row.ordinal),
  state: row.state,
  attempt: row.attempt,
  result: row.result,
  error: row.error,
  artifacts: row.artifacts.map((artifact) => artifactViewOf(artifact, apiPrefix)),
  rating: row.rating,
  evaluation: row.evaluation,
  queuedAt: iso(row.queued_at),
  startedAt: iso(row.started_at),
  finishedAt: iso(row.finished_at),
  durationMs: row.duration_ms,
});
