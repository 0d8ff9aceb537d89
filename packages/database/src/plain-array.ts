/**
 * An array as Postgres reads it, of values that need no quotes: numbers, ids, names of states. The driver would look at each
 * for what to quote, which for a batch of thousands is most of what sending them costs.
 */
export const plainArray = (values: readonly (number | string | null)[]): string =>
  `{${values.map((value) => value ?? 'null').join()}}`;
