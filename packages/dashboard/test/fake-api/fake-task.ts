import type {
  Axis,
  EventStreamMessage,
  MatrixCell,
  MatrixView,
  SubtaskChange,
  SubtaskState,
  SubtaskView,
  Tally,
  TaskDetail,
  TaskState,
  TaskSubmission,
  TaskSummary,
  TaskView,
} from '@backend2/contracts';
import { headingsOf, indexesOf } from '../../src/matrix/axes.ts';
import { sliceOf } from '../../src/matrix/slice.ts';

export const ownerId = '11111111-1111-4111-8111-111111111111';
let made = 0;

const countsOf = (states: readonly SubtaskState[]): TaskView['counts'] => {
  const counts = { pending: 0, queued: 0, running: 0, succeeded: 0, failed: 0, cancelled: 0 };
  for (const state of states) counts[state] += 1;
  return counts;
};

export const axesOf = (submission: TaskSubmission): Axis[] => [
  ...submission.variables.map(({ name, values, range }) => ({
    name,
    variables: [name],
    length:
      values?.length ??
      range?.count ??
      1 + Math.round(((range?.to ?? 0) - (range?.from ?? 0)) / (range?.step ?? 1)),
  })),
  ...(submission.batchSize > 1 ? [{ name: 'batch', variables: [], length: submission.batchSize }] : []),
];

/** A task whose subtasks go as the test says. */
export class FakeTask {
  readonly id: string;
  readonly #serial: number;
  readonly #submission: TaskSubmission;
  readonly #axes: Axis[];
  readonly #cells: MatrixCell[];
  readonly #createdAt: string;
  #state: TaskState = 'running';
  readonly tell: (message: EventStreamMessage) => void;

  constructor(submission: TaskSubmission, tell: (taskId: string, message: EventStreamMessage) => void) {
    this.#serial = made += 1;
    this.id = `22222222-2222-4222-8222-${this.#serial.toString(16).padStart(12, '0')}`;
    this.tell = (message) => tell(this.id, message);
    this.#submission = submission;
    this.#axes = axesOf(submission);
    this.#createdAt = new Date(Date.now() - this.#serial * 61_000).toISOString();
    const total = this.#axes.reduce((product, axis) => product * axis.length, 1);
    this.#cells = Array.from({ length: total }, (_, ordinal) => ({
      ordinal,
      state: 'pending',
      attempt: 0,
      rating: 'unrated',
      result: null,
      error: null,
      artifacts: [],
    }));
  }

  get view(): TaskView {
    const { name, kind, lane, priority, batchSize, timeoutMs, maxAttempts, tags, runAt } = this.#submission;
    return {
      id: this.id,
      ownerId,
      name,
      kind,
      lane,
      priority,
      batchSize,
      timeoutMs,
      maxAttempts,
      tags,
      state: this.#state,
      total: this.#cells.length,
      counts: countsOf(this.#cells.map((cell) => cell.state)),
      runAt: runAt ?? null,
      createdAt: this.#createdAt,
      startedAt: this.#createdAt,
      finishedAt: this.#state === 'running' ? null : new Date().toISOString(),
    };
  }

  get detail(): TaskDetail {
    const variables = this.#submission.variables.map(({ name, values, range }) => ({
      name,
      values:
        values ??
        Array.from(
          { length: this.#axes.find((axis) => axis.name === name)?.length ?? 1 },
          (_, index) => (range?.from ?? 0) + index,
        ),
    }));
    return { ...this.view, input: this.#submission.input, variables, axes: this.#axes };
  }

  matrix(query: URLSearchParams): MatrixView {
    const fixed = Object.fromEntries(
      this.#axes.map((axis) => [axis.name, Number(query.get(axis.name) ?? 0)]),
    );
    const slice = sliceOf(this.#axes, {
      fixed,
      states: [],
      ratings: [],
      x: query.get('x') ?? undefined,
      y: query.get('y') ?? undefined,
    });
    const heading = (axis: Axis | null) =>
      axis === null ? null : { name: axis.name, values: headingsOf(this.detail, axis) };
    return {
      taskId: this.id,
      x: heading(slice.x),
      y: heading(slice.y),
      fixed: Object.fromEntries(slice.fixed.map(({ axis, index }) => [axis.name, index])),
      cells: Array.from({ length: slice.rows }, (_, row) =>
        Array.from({ length: slice.columns }, (_, column) => this.#cell(slice.ordinalAt(column, row))),
      ),
    };
  }

  get summary(): TaskSummary {
    const tally = (cells: readonly MatrixCell[]): Tally => {
      const rated = (rating: MatrixCell['rating']): number =>
        cells.filter((cell) => cell.rating === rating).length;
      const counts = countsOf(cells.map((cell) => cell.state));
      return {
        total: cells.length,
        counts,
        ratings: { unrated: rated('unrated'), poor: rated('poor'), good: rated('good') },
        durationMs: counts.succeeded === 0 ? null : { mean: 812, median: 812 },
      };
    };
    return {
      taskId: this.id,
      overall: tally(this.#cells),
      axes: this.#axes.map((axis) => ({
        name: axis.name,
        values: headingsOf(this.detail, axis).map((value, index) => ({
          index,
          value,
          ...tally(this.#cells.filter(({ ordinal }) => indexesOf(this.#axes, ordinal)[axis.name] === index)),
        })),
      })),
    };
  }

  subtask(ordinal: number): SubtaskView {
    const indexes = indexesOf(this.#axes, ordinal);
    const { variables } = this.detail;
    const finished = this.#cell(ordinal).state === 'succeeded';
    return {
      ...this.#cell(ordinal),
      taskId: this.id,
      coordinates: indexes,
      values: Object.fromEntries(
        variables.map(({ name, values }) => [name, values[indexes[name] ?? 0] ?? null]),
      ),
      evaluation: null,
      queuedAt: this.#createdAt,
      startedAt: this.#createdAt,
      finishedAt: finished ? new Date().toISOString() : null,
      durationMs: finished ? 812 : null,
    };
  }

  /** Moves subtasks on and tells those who listen. */
  move(ordinals: readonly number[], state: SubtaskState): void {
    for (const ordinal of ordinals) {
      this.#cells[ordinal] = {
        ...this.#cell(ordinal),
        state,
        attempt: 1,
        result:
          state === 'succeeded' ? { seed: 1000 + ordinal, width: 1024, height: 1024, engine: 'fake' } : null,
        error:
          state === 'failed'
            ? { code: 'engine_timeout', message: 'The engine gave no picture within 300 s.' }
            : null,
        artifacts: state === 'succeeded' ? [this.#artifact(ordinal)] : [],
      };
    }
    this.#tellChanges(ordinals);
  }

  set(state: TaskState): TaskView {
    this.#state = state;
    this.tell({ type: 'task', taskId: this.id, ownerId, task: this.view });
    return this.view;
  }

  rate(ordinal: number, rating: MatrixCell['rating']): SubtaskView {
    this.#cells[ordinal] = { ...this.#cell(ordinal), rating };
    this.#tellChanges([ordinal]);
    return this.subtask(ordinal);
  }

  #tellChanges(ordinals: readonly number[]): void {
    const changes: SubtaskChange[] = ordinals.map((ordinal) => this.#cell(ordinal));
    this.tell({ type: 'subtasks', taskId: this.id, ownerId, changes });
    this.tell({ type: 'task', taskId: this.id, ownerId, task: this.view });
  }

  #artifact(ordinal: number): MatrixCell['artifacts'][number] {
    const id = `33333333-3333-4333-8333-${ordinal.toString(16).padStart(12, '0')}`;
    return {
      id,
      url: `/api/v1/artifacts/${id}`,
      contentType: 'image/svg+xml',
      bytes: 1_240_000,
      width: 1024,
      height: 1024,
    };
  }

  #cell(ordinal: number): MatrixCell {
    const cell = this.#cells[ordinal];
    if (cell === undefined) throw new Error(`the fake task has no subtask ${ordinal}`);
    return cell;
  }
}
