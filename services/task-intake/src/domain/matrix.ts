import {
  validationFailed,
  type Axis,
  type ExpandedVariable,
  type Issue,
  type MatrixAxis,
  type MatrixQuery,
} from '@backend2/contracts';
import { ordinalOf } from './axes.ts';
import { headingsOf } from './headings.ts';

export interface MatrixSlice {
  readonly x: MatrixAxis | null;
  readonly y: MatrixAxis | null;
  readonly fixed: Record<string, number>;
  /** Rows (y) of columns (x). */
  readonly ordinals: number[][];
}

/**
 * The cells at two axes with the others held. Without a choice x is the last variable's axis and y the
 * first's, so that a slice of two variables reads like the table a person would draw.
 *
 * @throws DomainError `validation_failed` for unknown axes and indexes out of range, all at once.
 */
export const sliceOf = (
  task: { readonly axes: readonly Axis[]; readonly variables: readonly ExpandedVariable[] },
  query: MatrixQuery,
): MatrixSlice => {
  const { axes } = task;
  const issues: Issue[] = [];
  const known = axes.map((axis) => axis.name).join(', ') || 'none';
  const named = (parameter: string, name: string | undefined): number | undefined => {
    if (name === undefined) return undefined;
    const index = axisIndex(axes, name);
    if (index < 0)
      issues.push({
        path: `?${parameter}`,
        message: `"${name}" is no axis of this task; its axes are ${known}`,
      });
    return index < 0 ? undefined : index;
  };
  const askedX = named('x', query.x);
  const askedY = named('y', query.y);
  if (askedX !== undefined && askedX === askedY)
    issues.push({ path: '?y', message: 'is the same axis as x' });
  const x = askedX ?? axes.findLastIndex((_, i) => i !== askedY);
  const y = askedY ?? axes.findIndex((_, i) => i !== x);
  const held = Array.from<number>({ length: axes.length }).fill(0);
  for (const [name, index] of Object.entries(query.fixed)) {
    const i = named(name, name);
    const axis = i === undefined ? undefined : axes[i];
    if (i === undefined || axis === undefined) continue;
    if (i === x || i === y)
      issues.push({ path: `?${name}`, message: 'is shown along an axis and cannot be held too' });
    if (index >= axis.length) issues.push({ path: `?${name}`, message: `must be less than ${axis.length}` });
    held[i] = index;
  }
  if (issues.length > 0) throw validationFailed(issues);
  const at = (row: number, column: number): number =>
    ordinalOf(
      axes,
      held.map((index, i) => (i === x ? column : i === y ? row : index)),
    );
  const columns = axes[x]?.length ?? 1;
  const rows = axes[y]?.length ?? 1;
  return {
    x: headings(task, axes[x]),
    y: headings(task, axes[y]),
    fixed: Object.fromEntries(
      axes.flatMap((axis, i) => (i === x || i === y ? [] : [[axis.name, held[i] ?? 0]])),
    ),
    ordinals: Array.from({ length: rows }, (_, row) =>
      Array.from({ length: columns }, (_, column) => at(row, column)),
    ),
  };
};

/** An axis answers to its own name and to those of its zipped variables. */
const axisIndex = (axes: readonly Axis[], name: string): number =>
  axes.findIndex((axis) => axis.name === name || axis.variables.includes(name));

const headings = (
  { variables }: { readonly variables: readonly ExpandedVariable[] },
  axis: Axis | undefined,
): MatrixAxis | null =>
  axis === undefined ? null : { name: axis.name, values: headingsOf(variables, axis) };
