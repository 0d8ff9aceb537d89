import {
  batchAxis,
  maxValuesPerVariable,
  type ExpandedVariable,
  type Issue,
  type Range,
  type Variable,
} from '@backend2/contracts';

/** Twelve significant digits: 0.1 + 0.2 is 0.3 to a person. */
const tidy = (value: number): number => Number(value.toPrecision(12));

const countOf = (range: Range): number =>
  range.count ?? Math.floor(tidy((range.to - range.from) / (range.step ?? 1))) + 1;

const valueAt = (range: Range, index: number, count: number): number => {
  if (range.step !== undefined) return tidy(range.from + index * range.step);
  return count === 1 ? range.from : tidy(range.from + (index * (range.to - range.from)) / (count - 1));
};

const rangeProblem = (range: Range): string | undefined => {
  if (range.step === undefined) return undefined;
  if (range.step === 0) return 'step may not be 0';
  if ((range.to - range.from) * range.step < 0)
    return `step ${range.step} never leads from ${range.from} to ${range.to}`;
  const count = countOf(range);
  return count > maxValuesPerVariable
    ? `gives ${count} values; ${maxValuesPerVariable} are allowed at the most`
    : undefined;
};

/** Ranges become their values, both ends included where the step meets them. Problems are added to `issues`. */
export const expandVariables = (variables: readonly Variable[], issues: Issue[]): ExpandedVariable[] =>
  variables.map((variable, index) => {
    const zip = variable.zip === undefined ? {} : { zip: variable.zip };
    if (variable.range === undefined) return { name: variable.name, values: variable.values ?? [], ...zip };
    const { range } = variable;
    const problem = rangeProblem(range);
    if (problem !== undefined) {
      issues.push({ path: `/variables/${index}/range`, message: problem });
      return { name: variable.name, values: [range.from], ...zip };
    }
    const count = countOf(range);
    return {
      name: variable.name,
      values: Array.from({ length: count }, (_, i) => valueAt(range, i, count)),
      ...zip,
    };
  });

const ofMatrix = (name: string): string =>
  `"${name}" says in the query of a matrix which axis is shown, so no variable can be held by that name`;

/** Why no variable and no zip may have these names. */
const reservedNames: ReadonlyMap<string, string> = new Map([
  [batchAxis, `"${batchAxis}" is the name of the batch's own axis`],
  ['x', ofMatrix('x')],
  ['y', ofMatrix('y')],
]);

/** Names that clash with another variable, a zip or the batch. */
export const nameIssues = (variables: readonly Variable[]): Issue[] => {
  const issues: Issue[] = [];
  const firstOf = new Map<string, number>();
  const zips = new Set(variables.flatMap((variable) => variable.zip ?? []));
  for (const [index, { name, zip }] of variables.entries()) {
    const first = firstOf.get(name);
    if (first !== undefined) {
      issues.push({
        path: `/variables/${index}/name`,
        message: `"${name}" is already the name of /variables/${first}`,
      });
    } else firstOf.set(name, index);
    const reserved = reservedNames.get(name);
    if (reserved !== undefined) issues.push({ path: `/variables/${index}/name`, message: reserved });
    if (zip !== name && zips.has(name)) {
      issues.push({ path: `/variables/${index}/name`, message: `"${name}" is also the name of a zip` });
    }
    const reservedZip = zip === undefined ? undefined : reservedNames.get(zip);
    if (reservedZip !== undefined) issues.push({ path: `/variables/${index}/zip`, message: reservedZip });
  }
  return issues;
};
