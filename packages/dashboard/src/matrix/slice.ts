import type { Axis } from '@backend2/contracts';
import { chooseAxes, indexesOf, stridesOf } from './axes.ts';
import type { AxisChoice } from './axes.ts';
import type { TaskViewState } from '../state/task-view.ts';

export interface Position {
  readonly column: number;
  readonly row: number;
}

/** A grid through the task's cells: two axes run, the others stand still. */
export interface Slice extends AxisChoice {
  readonly columns: number;
  readonly rows: number;
  /** Equal for two slices that show the same cells at the same places. */
  readonly key: string;
  readonly ordinalAt: (column: number, row: number) => number;
  /** Null for a cell of another slice. */
  readonly positionOf: (ordinal: number) => Position | null;
}

export const sliceOf = (axes: readonly Axis[], view: TaskViewState): Slice => {
  const choice = chooseAxes(axes, view);
  const strides = stridesOf(axes);
  const strideOf = (axis: Axis | null): number => (axis === null ? 0 : (strides[axes.indexOf(axis)] ?? 0));
  const strideX = strideOf(choice.x);
  const strideY = strideOf(choice.y);
  const base = choice.fixed.reduce((sum, { axis, index }) => sum + strideOf(axis) * index, 0);
  const total = axes.reduce((product, axis) => product * axis.length, 1);
  return {
    ...choice,
    columns: choice.x?.length ?? 1,
    rows: choice.y?.length ?? 1,
    key: JSON.stringify([choice.x?.name, choice.y?.name, base]),
    ordinalAt: (column, row) => base + column * strideX + row * strideY,
    positionOf: (ordinal) => {
      if (ordinal >= total) return null;
      const indexes = indexesOf(axes, ordinal);
      if (choice.fixed.some(({ axis, index }) => indexes[axis.name] !== index)) return null;
      return {
        column: choice.x === null ? 0 : (indexes[choice.x.name] ?? 0),
        row: choice.y === null ? 0 : (indexes[choice.y.name] ?? 0),
      };
    },
  };
};
