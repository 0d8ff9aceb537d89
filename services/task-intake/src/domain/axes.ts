import { batchAxis, type Axis, type ExpandedVariable, type Issue, type Json } from '@backend2/contracts';

/**
 * The dimensions of a task's matrix, slowest first: one for each variable, zipped ones together at the
 * place of their first, and the batch last where it is larger than one.
 */
export const axesOf = (variables: readonly ExpandedVariable[], batchSize: number): Axis[] => {
  const axes = new Map<string, Axis>();
  for (const { name, values, zip } of variables) {
    const axis = axes.get(zip ?? name);
    if (axis === undefined)
      axes.set(zip ?? name, { name: zip ?? name, variables: [name], length: values.length });
    else axis.variables.push(name);
  }
  if (batchSize > 1) axes.set(batchAxis, { name: batchAxis, variables: [], length: batchSize });
  return [...axes.values()];
};

export const zipIssues = (variables: readonly ExpandedVariable[]): Issue[] => {
  const first = new Map<string, { length: number; name: string }>();
  return variables.flatMap(({ name, values, zip }, index) => {
    if (zip === undefined) return [];
    const lead = first.get(zip);
    if (lead === undefined) first.set(zip, { length: values.length, name });
    return lead === undefined || lead.length === values.length
      ? []
      : [
          {
            path: `/variables/${index}`,
            message: `has ${values.length} values, but "${lead.name}", zipped with it as "${zip}", has ${lead.length}`,
          },
        ];
  });
};

/** How many cells there are. */
export const cellsOf = (axes: readonly Axis[]): number =>
  axes.reduce((product, axis) => product * axis.length, 1);

/** Index along each axis of the cell with that ordinal; row-major, the last axis fastest. */
export const positionOf = (axes: readonly Axis[], ordinal: number): number[] => {
  const position = Array.from<number>({ length: axes.length }).fill(0);
  let rest = ordinal;
  for (let i = axes.length - 1; i >= 0; i -= 1) {
    const { length } = axes[i] as Axis;
    position[i] = rest % length;
    rest = Math.floor(rest / length);
  }
  return position;
};

/** Inverse of `positionOf`. */
export const ordinalOf = (axes: readonly Axis[], position: readonly number[]): number =>
  axes.reduce((ordinal, axis, i) => ordinal * axis.length + (position[i] ?? 0), 0);

/** A cell's index in every variable, and in the batch where there is one. */
export const coordinatesOf = (axes: readonly Axis[], ordinal: number): Record<string, number> => {
  const position = positionOf(axes, ordinal);
  return Object.fromEntries(
    axes.flatMap((axis, i) =>
      (axis.variables.length > 0 ? axis.variables : [axis.name]).map((name) => [name, position[i] ?? 0]),
    ),
  );
};

/** What each cell's value of every variable is, by its ordinal; made once for a task and asked for many cells. */
export const cellValues = (
  variables: readonly ExpandedVariable[],
  axes: readonly Axis[],
): ((ordinal: number) => Record<string, Json>) => {
  /** How many cells lie between two steps along an axis. */
  let stride = 1;
  const steps = new Map<string, { stride: number; length: number }>();
  for (const { variables: along, length } of axes.toReversed()) {
    for (const name of along) steps.set(name, { stride, length });
    stride *= length;
  }
  const columns = variables.map(({ name, values }) => {
    const step = steps.get(name) ?? { stride: 1, length: 1 };
    return { name, values, ...step };
  });
  return (ordinal) =>
    Object.fromEntries(
      columns.map(({ name, values, stride: apart, length }) => [
        name,
        values[Math.floor(ordinal / apart) % length] as Json,
      ]),
    );
};

/** A cell's value of every variable. */
export const valuesOf = (
  variables: readonly ExpandedVariable[],
  axes: readonly Axis[],
  ordinal: number,
): Record<string, Json> => cellValues(variables, axes)(ordinal);
