import {
  builtinKinds,
  issuesOf,
  validationFailed,
  type Axis,
  type ExpandedVariable,
  type Issue,
  type Json,
  type TaskSubmission,
  type Variable,
} from '@backend2/contracts';
import { axesOf, cellValues, cellsOf, ordinalOf, zipIssues } from './axes.ts';
import { dispatchAxesOf, type DispatchAxes } from './dispatch-order.ts';
import {
  compileTemplate,
  keyedObjectsOf,
  placeholdersOf,
  renderKey,
  type PlaceholderUse,
} from './template.ts';
import { expandVariables, nameIssues } from './variables.ts';

export interface SubmissionLimits {
  readonly maxSubtasks: number;
  /** Kinds that the lane's workers announced, each with its costly inputs; what is not built in is checked by the worker. */
  readonly offered: Readonly<Record<string, readonly string[]>>;
}

export interface AcceptedSubmission {
  readonly submission: TaskSubmission;
  readonly variables: ExpandedVariable[];
  readonly axes: Axis[];
  readonly total: number;
  readonly dispatchAxes: DispatchAxes | null;
}

/**
 * Expands a submission and checks that every cell of it can run.
 *
 * @throws DomainError `validation_failed`, with every problem at once.
 */
export const acceptSubmission = (
  submission: TaskSubmission,
  limits: SubmissionLimits,
): AcceptedSubmission => {
  const issues: Issue[] = [];
  const variables = expandVariables(submission.variables, issues);
  issues.push(...nameIssues(submission.variables), ...zipIssues(variables));
  const uses = placeholdersOf(submission.input, issues);
  issues.push(...useIssues(submission.variables, uses));
  const axes = axesOf(variables, submission.batchSize);
  const total = cellsOf(axes);
  if (total > limits.maxSubtasks) {
    issues.push({
      path: '/variables',
      message: `make ${total.toLocaleString('en')} subtasks; ${limits.maxSubtasks.toLocaleString('en')} are allowed at the most`,
    });
  }
  issues.push(...kindIssues(submission, limits.offered));
  if (issues.length === 0) {
    issues.push(...keyIssues(submission.input, variables, axes, total));
    issues.push(...inputIssues(submission, variables, axes, uses));
  }
  if (issues.length > 0) throw validationFailed(issues);
  const dispatchAxes = dispatchAxesOf(axes, uses, costlyInputsOf(submission.kind, limits.offered));
  return { submission, variables, axes, total, dispatchAxes };
};

const useIssues = (variables: readonly Variable[], uses: readonly PlaceholderUse[]): Issue[] => {
  const names = new Set(variables.map((variable) => variable.name));
  const used = new Set(uses.map((use) => use.name));
  const known = names.size > 0 ? `the variables are ${[...names].join(', ')}` : 'the task has no variables';
  return [
    ...uses
      .filter((use) => !names.has(use.name))
      .map((use) => ({ path: use.path, message: `{{${use.name}}} names no variable; ${known}` })),
    ...variables.flatMap((variable, index) =>
      used.has(variable.name)
        ? []
        : [
            {
              path: `/variables/${index}`,
              message: `"${variable.name}" is not used: put {{${variable.name}}} into the input`,
            },
          ],
    ),
  ];
};

const costlyInputsOf = (kind: string, offered: SubmissionLimits['offered']): readonly string[] =>
  Object.hasOwn(offered, kind) ? (offered[kind] ?? []) : [];

const kindIssues = ({ kind, lane }: TaskSubmission, offered: SubmissionLimits['offered']): Issue[] => {
  const known = [...new Set([...Object.keys(builtinKinds), ...Object.keys(offered)])];
  return known.includes(kind)
    ? []
    : [
        {
          path: '/kind',
          message: `"${kind}" is not a known kind of the lane ${lane}; known are ${known.join(', ')}`,
        },
      ];
};

/** Keys with placeholders must stay apart in every cell. */
const keyIssues = (
  input: Json,
  variables: readonly ExpandedVariable[],
  axes: readonly Axis[],
  total: number,
): Issue[] => {
  const objects = keyedObjectsOf(input);
  if (objects.length === 0) return [];
  const clashing = new Map<string, Issue>();
  const valuesOf = cellValues(variables, axes);
  for (let ordinal = 0; ordinal < total; ordinal += 1) {
    const values = valuesOf(ordinal);
    for (const { path, keys } of objects) {
      if (new Set(keys.map((key) => renderKey(key, values))).size < keys.length && !clashing.has(path)) {
        clashing.set(path, { path, message: `two keys become the same in subtask ${ordinal}` });
      }
    }
  }
  return [...clashing.values()];
};

/**
 * Checks each axis's every value with the others at their first, which finds every value that is wrong
 * by itself with as many checks as there are values rather than cells.
 */
const inputIssues = (
  submission: TaskSubmission,
  variables: readonly ExpandedVariable[],
  axes: readonly Axis[],
  uses: readonly PlaceholderUse[],
): Issue[] => {
  const schema = Object.entries(builtinKinds).find(([kind]) => kind === submission.kind)?.[1];
  if (schema === undefined) return [];
  const render = compileTemplate(submission.input);
  const valuesOf = cellValues(variables, axes);
  const found = new Map<string, Issue>();
  const check = (position: readonly number[], axis: Axis | undefined, index: number): void => {
    const parsed = schema.safeParse(render(valuesOf(ordinalOf(axes, position))));
    if (parsed.success) return;
    for (const issue of issuesOf(parsed.error, '/input')) {
      const to = blame(issue, axis, index, variables, uses);
      if (!found.has(to.path + to.message)) found.set(to.path + to.message, to);
    }
  };
  check([], undefined, 0);
  const wrongInTemplate = new Set([...found.values()].map((issue) => issue.path));
  for (const [i, axis] of axes.entries()) {
    for (let index = 0; index < axis.length && axis.variables.length > 0; index += 1) {
      check(
        axes.map((_, j) => (j === i ? index : 0)),
        axis,
        index,
      );
    }
  }
  return [...found.values()].filter((issue) => !isShadow(issue, wrongInTemplate, found));
};

/** The variable's value where the wrong place is filled by it, else the template's place. */
const blame = (
  issue: Issue,
  axis: Axis | undefined,
  index: number,
  variables: readonly ExpandedVariable[],
  uses: readonly PlaceholderUse[],
): Issue => {
  const use = uses.find(
    ({ name, path }) =>
      axis?.variables.includes(name) && (issue.path === path || issue.path.startsWith(`${path}/`)),
  );
  if (use === undefined) return issue;
  const variable = variables.findIndex(({ name }) => name === use.name);
  return { path: `/variables/${variable}/values/${index}`, message: `as ${issue.path}: ${issue.message}` };
};

/** The first check blames the template for what a variable's first value did; the value's own issue says it better. */
const isShadow = (
  issue: Issue,
  wrongInTemplate: ReadonlySet<string>,
  found: ReadonlyMap<string, Issue>,
): boolean =>
  wrongInTemplate.has(issue.path) &&
  issue.path.startsWith('/input') &&
  [...found.values()].some((other) => other !== issue && other.message.startsWith(`as ${issue.path}: `));
