import type { Axis, ExpandedVariable, Json } from '@backend2/contracts';

/** What stands at each index of an axis: a variable's value, a tuple of zipped ones', or the index in the batch. */
export const headingsOf = (variables: readonly ExpandedVariable[], axis: Axis): Json[] => {
  const own = variables.filter(({ name }) => axis.variables.includes(name));
  const heading = (index: number): Json => {
    if (own.length === 0) return index;
    const tuple = own.map(({ values }) => values[index] ?? null);
    return tuple.length === 1 ? (tuple[0] ?? null) : tuple;
  };
  return Array.from({ length: axis.length }, (_, index) => heading(index));
};
