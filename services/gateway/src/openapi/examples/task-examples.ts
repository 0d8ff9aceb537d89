import type {
  ArtifactView,
  EstimateView,
  EventStreamMessage,
  MatrixCell,
  MatrixView,
  ScheduleView,
  SubtaskCounts,
  SubtaskResult,
  SubtaskView,
  Tally,
  TaskDetail,
  TaskSummary,
  TaskView,
  ValueSummary,
} from '@backend2/contracts';
import { ids } from './example-ids.ts';
import { sweep } from './request-examples.ts';

const times = ['dawn', 'noon', 'dusk', 'night'];
const styles = ['watercolor', 'photo'];
const seeds = [1, 2, 3];
const axes = [
  { name: 'time', variables: ['time'], length: times.length },
  { name: 'style', variables: ['style'], length: styles.length },
  { name: 'seed', variables: ['seed'], length: seeds.length },
];
const total = times.length * styles.length * seeds.length;
const none: SubtaskCounts = { pending: 0, queued: 0, running: 0, succeeded: 0, failed: 0, cancelled: 0 };

export const runningTask: TaskView = {
  id: ids.task,
  ownerId: ids.user,
  name: sweep.name,
  kind: 'image.generate',
  lane: 'standard',
  state: 'running',
  total,
  counts: { ...none, pending: 6, queued: 8, running: 4, succeeded: 5, failed: 1 },
  priority: 0,
  batchSize: 1,
  timeoutMs: 300_000,
  maxAttempts: 3,
  tags: ['lakes'],
  runAt: null,
  createdAt: '2026-11-24T06:30:00.000Z',
  startedAt: '2026-11-24T06:30:00.120Z',
  finishedAt: null,
};

export const acceptedTask: TaskDetail = {
  ...runningTask,
  state: 'pending',
  counts: { ...none, pending: total },
  startedAt: null,
  input: sweep.input,
  variables: [
    { name: 'time', values: times },
    { name: 'style', values: styles },
    { name: 'seed', values: seeds },
  ],
  axes,
};

export const finishedTask: TaskView = {
  ...runningTask,
  state: 'partially_failed',
  counts: { ...none, succeeded: 23, failed: 1 },
  finishedAt: '2026-11-24T06:30:41.000Z',
};

export const finishedDetail: TaskDetail = { ...acceptedTask, ...finishedTask };

export const estimate: EstimateView = { subtasks: total, axes, seconds: 41 };

const picture: ArtifactView = {
  id: ids.artifact,
  url: `/api/v1/artifacts/${ids.artifact}`,
  contentType: 'image/png',
  bytes: 1_483_022,
  width: 1368,
  height: 768,
};

export const succeededSubtask: SubtaskView = {
  taskId: ids.task,
  ordinal: 0,
  coordinates: { time: 0, style: 0, seed: 0 },
  values: { time: 'dawn', style: 'watercolor', seed: 1 },
  state: 'succeeded',
  attempt: 1,
  result: { seed: 1, width: 1368, height: 768, engine: 'builtin' },
  error: null,
  artifacts: [picture],
  rating: 'good',
  evaluation: 'Best of its row.',
  queuedAt: '2026-11-24T06:30:00.100Z',
  startedAt: '2026-11-24T06:30:00.120Z',
  finishedAt: '2026-11-24T06:30:06.820Z',
  durationMs: 6700,
};

const failedSubtask: SubtaskView = {
  ...succeededSubtask,
  ordinal: 3,
  coordinates: { time: 0, style: 1, seed: 0 },
  values: { time: 'dawn', style: 'photo', seed: 1 },
  state: 'failed',
  attempt: 3,
  result: null,
  error: { code: 'engine_refused', message: 'The engine answered 422: the prompt is not allowed.' },
  artifacts: [],
  rating: 'unrated',
  evaluation: null,
};

export const subtasks: SubtaskView[] = [succeededSubtask, failedSubtask];

export const requeuedSubtask: SubtaskView = {
  ...failedSubtask,
  state: 'pending',
  attempt: 0,
  error: null,
  queuedAt: null,
  startedAt: null,
  finishedAt: null,
  durationMs: null,
};

export const subtaskResult: SubtaskResult = {
  taskId: ids.task,
  ordinal: 0,
  state: 'succeeded',
  attempt: 1,
  result: succeededSubtask.result,
  error: null,
  artifacts: [picture],
  finishedAt: succeededSubtask.finishedAt,
  durationMs: 6700,
};

const cellOf = (of: SubtaskView): MatrixCell => {
  const { ordinal, state, attempt, rating, result, error, artifacts } = of;
  return { ordinal, state, attempt, rating, result, error, artifacts };
};
const waiting = (ordinal: number): MatrixCell => ({ ...cellOf(requeuedSubtask), ordinal });

/** `?x=time&y=style&seed=0`. */
export const matrix: MatrixView = {
  taskId: ids.task,
  x: { name: 'time', values: times },
  y: { name: 'style', values: styles },
  fixed: { seed: 0 },
  cells: [
    [cellOf(succeededSubtask), waiting(6), waiting(12), waiting(18)],
    [cellOf(failedSubtask), waiting(9), waiting(15), waiting(21)],
  ],
};

const tallyOf = (all: number, failed: number, good: number): Tally => ({
  total: all,
  counts: { ...none, succeeded: all - failed, failed },
  ratings: { unrated: all - good, poor: 0, good },
  durationMs: { mean: 6840, median: 6700 },
});
const valuesOf = (values: readonly (string | number)[], failedAt: number, goodAt: number): ValueSummary[] =>
  values.map((value, index) => ({
    index,
    value,
    ...tallyOf(total / values.length, index === failedAt ? 1 : 0, index === goodAt ? 1 : 0),
  }));

export const summary: TaskSummary = {
  taskId: ids.task,
  overall: tallyOf(total, 1, 1),
  axes: [
    { name: 'time', values: valuesOf(times, 0, 0) },
    { name: 'style', values: valuesOf(styles, 1, 0) },
    { name: 'seed', values: valuesOf(seeds, 0, 0) },
  ],
};

export const schedule: ScheduleView = {
  id: ids.schedule,
  ownerId: ids.user,
  name: 'Every weekday morning',
  cron: '30 6 * * 1-5',
  timeZone: 'Europe/Berlin',
  missedRuns: 'once',
  paused: false,
  task: {
    name: sweep.name,
    kind: sweep.kind,
    lane: 'standard',
    input: sweep.input,
    variables: sweep.variables,
    batchSize: 1,
    priority: 0,
    timeoutMs: 300_000,
    maxAttempts: 3,
    tags: ['lakes'],
  },
  nextRuns: ['2026-11-25T05:30:00.000Z', '2026-11-26T05:30:00.000Z'],
  lastRun: {
    dueAt: '2026-11-24T05:30:00.000Z',
    at: '2026-11-24T05:30:00.210Z',
    outcome: 'submitted',
    taskId: ids.task,
    error: null,
  },
  createdAt: '2026-11-20T09:00:00.000Z',
  updatedAt: '2026-11-20T09:00:00.000Z',
};

/** What a stream of a task's events sends, each with the id to resume after. */
export const events: readonly (readonly [id: string, message: EventStreamMessage])[] = [
  ['1764030000000-0', { type: 'ready' }],
  [
    '1764030006825-0',
    {
      type: 'subtasks',
      taskId: ids.task,
      ownerId: ids.user,
      changes: [{ ordinal: 0, state: 'succeeded', attempt: 1, error: null, artifacts: [picture] }],
    },
  ],
  ['1764030041003-0', { type: 'task', taskId: ids.task, ownerId: ids.user, task: finishedTask }],
];
