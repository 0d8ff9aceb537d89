import type { Axis, Json, Lane, Range, TaskDetail, TaskSubmission, Variable } from '@backend2/contracts';
import { parseValuesText, valuesText } from './values-text.ts';

export interface VariableDraft {
  /** Keeps a row's identity while rows are added and removed. */
  readonly key: number;
  readonly name: string;
  readonly mode: 'values' | 'range';
  readonly values: string;
  readonly from: string;
  readonly to: string;
  readonly by: 'count' | 'step';
  readonly amount: string;
  readonly zip: string;
}

/** A submission as it is typed: text where a value may not yet be one. */
export interface Draft {
  readonly name: string;
  readonly kind: string;
  readonly lane: Lane;
  readonly input: string;
  readonly variables: readonly VariableDraft[];
  readonly batchSize: string;
  readonly priority: string;
  readonly maxAttempts: string;
  readonly timeoutSeconds: string;
  /** As a `datetime-local` field holds it; empty for at once. */
  readonly runAt: string;
  readonly tags: string;
}

let lastKey = 0;

export const emptyVariable = (): VariableDraft => ({
  key: (lastKey += 1),
  name: '',
  mode: 'values',
  values: '',
  from: '1',
  to: '10',
  by: 'count',
  amount: '5',
  zip: '',
});

const variableDraft = (variable: Variable): VariableDraft => {
  const draft = { ...emptyVariable(), name: variable.name, zip: variable.zip ?? '' };
  const { range } = variable;
  if (range === undefined) return { ...draft, values: valuesText(variable.values ?? []) };
  const by = range.step === undefined ? 'count' : 'step';
  return {
    ...draft,
    mode: 'range',
    from: String(range.from),
    to: String(range.to),
    by,
    amount: String(range.step ?? range.count ?? ''),
  };
};

export const draftOf = (submission: TaskSubmission): Draft => ({
  name: submission.name,
  kind: submission.kind,
  lane: submission.lane,
  input: JSON.stringify(submission.input, null, 2),
  variables: submission.variables.map(variableDraft),
  batchSize: String(submission.batchSize),
  priority: String(submission.priority),
  maxAttempts: String(submission.maxAttempts),
  timeoutSeconds: String(submission.timeoutMs / 1000),
  runAt: '',
  tags: submission.tags.join(', '),
});

/** What would submit the same work again, at once. */
export const submissionOfTask = (task: TaskDetail): TaskSubmission => ({
  name: task.name,
  kind: task.kind,
  lane: task.lane,
  input: task.input,
  variables: task.variables,
  batchSize: task.batchSize,
  priority: task.priority,
  timeoutMs: task.timeoutMs,
  maxAttempts: task.maxAttempts,
  tags: task.tags,
});

/** What is no number goes on as text, so that the contract names it. */
const numberOr = (text: string): unknown =>
  text.trim() === '' || Number.isNaN(Number(text)) ? text : Number(text);

const variableOf = (draft: VariableDraft): unknown => {
  const zip = draft.zip.trim() === '' ? {} : { zip: draft.zip.trim() };
  if (draft.mode === 'values') return { name: draft.name, values: parseValuesText(draft.values), ...zip };
  const range = { from: numberOr(draft.from), to: numberOr(draft.to), [draft.by]: numberOr(draft.amount) };
  return { name: draft.name, range: range as Range, ...zip };
};

/** The body to submit, not yet checked. @throws SyntaxError where `input` is not JSON. */
export const bodyOf = (draft: Draft): Record<string, unknown> => ({
  name: draft.name,
  kind: draft.kind,
  lane: draft.lane,
  input: JSON.parse(draft.input) as Json,
  variables: draft.variables.map(variableOf),
  batchSize: numberOr(draft.batchSize),
  priority: numberOr(draft.priority),
  maxAttempts: numberOr(draft.maxAttempts),
  timeoutMs: Math.round(Number(draft.timeoutSeconds) * 1000),
  ...(draft.runAt === '' ? {} : { runAt: new Date(draft.runAt).toISOString() }),
  tags: draft.tags
    .split(',')
    .map((tag) => tag.trim())
    .filter((tag) => tag !== ''),
});

/** As in "3 x 4 x 2". */
export const productOf = (axes: readonly Axis[]): string => axes.map((axis) => axis.length).join(' × ');
