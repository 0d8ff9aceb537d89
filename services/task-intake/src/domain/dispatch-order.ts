import type { Axis } from '@backend2/contracts';
import { ordinalOf, positionOf } from './axes.ts';
import type { PlaceholderUse } from './template.ts';

/** Axes by index, the outermost of the dispatch order first. */
export type DispatchAxes = readonly number[];

/**
 * The order that switches what is costly to switch as seldom as can be: axes that fill a costly input outermost, in the
 * order the costs were declared in, then the others as they stand. Null where row-major order is that already.
 *
 * @param costlyInputs JSON Pointers into the input.
 */
export const dispatchAxesOf = (
  axes: readonly Axis[],
  uses: readonly PlaceholderUse[],
  costlyInputs: readonly string[],
): DispatchAxes | null => {
  const rankOf = (axis: Axis): number => {
    const rank = costlyInputs.findIndex((pointer) =>
      uses.some(({ name, path }) => axis.variables.includes(name) && touches(path, `/input${pointer}`)),
    );
    return rank < 0 ? costlyInputs.length : rank;
  };
  const order = axes
    .map((axis, index) => ({ index, rank: rankOf(axis) }))
    .toSorted((one, other) => one.rank - other.rank)
    .map(({ index }) => index);
  return order.every((index, place) => index === place) ? null : order;
};

/** Whether filling in one place changes the other: they are the same, or one holds the other. */
const touches = (one: string, other: string): boolean =>
  one === other || one.startsWith(`${other}/`) || other.startsWith(`${one}/`);

/** Where in dispatch order the cell with that ordinal comes. */
export const placeOf = (axes: readonly Axis[], order: DispatchAxes | null, ordinal: number): number => {
  if (order === null) return ordinal;
  const position = positionOf(axes, ordinal);
  return ordinalOf(
    inOrder(axes, order),
    order.map((index) => position[index] ?? 0),
  );
};

/** Inverse of `placeOf`. */
export const ordinalAt = (axes: readonly Axis[], order: DispatchAxes | null, place: number): number => {
  if (order === null) return place;
  const position: number[] = [];
  for (const [i, index] of positionOf(inOrder(axes, order), place).entries())
    position[order[i] as number] = index;
  return ordinalOf(axes, position);
};

const inOrder = (axes: readonly Axis[], order: DispatchAxes): Axis[] =>
  order.map((index) => axes[index] as Axis);
