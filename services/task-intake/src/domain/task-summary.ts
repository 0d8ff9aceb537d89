import type { Axis, ExpandedVariable, Rating, SubtaskCounts, Tally, TaskSummary } from '@backend2/contracts';
import { headingsOf } from './headings.ts';

/** Cells with one index in one axis; axis -1 is all of them. */
export interface TallyRow extends SubtaskCounts, Readonly<Record<Rating, number>> {
  readonly axis: number;
  readonly index: number;
  readonly total: number;
  readonly mean: number | null;
  readonly median: number | null;
}

const none: TallyRow = {
  axis: -1,
  index: 0,
  total: 0,
  pending: 0,
  queued: 0,
  running: 0,
  succeeded: 0,
  failed: 0,
  cancelled: 0,
  unrated: 0,
  poor: 0,
  good: 0,
  mean: null,
  median: null,
};

const tallyOf = (row: TallyRow): Tally => {
  const { total, mean, median, unrated, poor, good } = row;
  const { pending, queued, running, succeeded, failed, cancelled } = row;
  return {
    total,
    counts: { pending, queued, running, succeeded, failed, cancelled },
    ratings: { unrated, poor, good },
    durationMs: mean === null || median === null ? null : { mean, median },
  };
};

export const summaryOf = (
  task: {
    readonly id: string;
    readonly axes: readonly Axis[];
    readonly variables: readonly ExpandedVariable[];
  },
  rows: readonly TallyRow[],
): TaskSummary => {
  const at = new Map(rows.map((row) => [`${row.axis} ${row.index}`, row]));
  const tally = (axis: number, index: number): Tally => tallyOf(at.get(`${axis} ${index}`) ?? none);
  return {
    taskId: task.id,
    overall: tally(-1, 0),
    axes: task.axes.map((axis, i) => ({
      name: axis.name,
      values: headingsOf(task.variables, axis).map((value, index) => ({ index, value, ...tally(i, index) })),
    })),
  };
};
