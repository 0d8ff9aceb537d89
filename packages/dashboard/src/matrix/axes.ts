import type { Axis, Json, TaskDetail } from '@backend2/contracts';
import type { TaskViewState } from '../state/task-view.ts';

/** Cells one step along each axis are this many ordinals apart: row-major, the last axis fastest. */
export const stridesOf = (axes: readonly Axis[]): number[] => {
  const strides: number[] = [];
  let stride = 1;
  for (const axis of axes.toReversed()) {
    strides.unshift(stride);
    stride *= axis.length;
  }
  return strides;
};

/** Index on every axis of the cell with that ordinal. */
export const indexesOf = (axes: readonly Axis[], ordinal: number): Record<string, number> => {
  const strides = stridesOf(axes);
  return Object.fromEntries(
    axes.map((axis, at) => [axis.name, Math.floor(ordinal / (strides[at] ?? 1)) % axis.length]),
  );
};

export interface AxisChoice {
  /** Null where the task has no axis to lay out that way. */
  readonly x: Axis | null;
  readonly y: Axis | null;
  /** The others, each with the index the slice stands at. */
  readonly fixed: readonly { readonly axis: Axis; readonly index: number }[];
}

/** The axes a view shows: rows take the slowest axis and columns the next, unless the view names others. */
export const chooseAxes = (axes: readonly Axis[], view: TaskViewState): AxisChoice => {
  const named = (name: string | undefined): Axis | undefined => axes.find((axis) => axis.name === name);
  let y = named(view.y);
  let x = named(view.x);
  if (x !== undefined && x === y) y = undefined;
  const free = (): Axis | undefined => axes.find((axis) => axis !== x && axis !== y);
  if (axes.length > 1) y ??= free();
  x ??= free();
  const fixed = axes
    .filter((axis) => axis !== x && axis !== y)
    .map((axis) => ({ axis, index: Math.min(view.fixed[axis.name] ?? 0, axis.length - 1) }));
  return { x: x ?? null, y: y ?? null, fixed };
};

const text = (value: Json): string => (typeof value === 'string' ? value : JSON.stringify(value));

/** How an axis's positions read: the value, zipped values joined, or the number of the copy. */
export const headingsOf = (task: Pick<TaskDetail, 'variables'>, axis: Axis): string[] => {
  const variables = axis.variables.map((name) => task.variables.find((variable) => variable.name === name));
  return Array.from({ length: axis.length }, (_, index) =>
    variables.length === 0
      ? `#${index + 1}`
      : variables.map((variable) => text(variable?.values[index] ?? null)).join(' · '),
  );
};
