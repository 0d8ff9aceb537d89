import { builtinKinds, lanes } from '@backend2/contracts';
import type { Issue, Lane } from '@backend2/contracts';
import { issuesAt } from '../submission/check-draft.ts';
import { CodeEditor } from '../submission/code-editor.tsx';
import type { Draft } from '../submission/draft.ts';
import { lineOfPointer } from '../submission/locate-pointer.ts';
import { VariablesEditor } from '../submission/variables-editor.tsx';
import { Field } from '../ui/field.tsx';
import { Segmented } from '../ui/segmented.tsx';

interface TaskFormProps {
  readonly draft: Draft;
  readonly issues: readonly Issue[];
  readonly onChange: (draft: Draft) => void;
}

type TextKey =
  | 'name'
  | 'kind'
  | 'batchSize'
  | 'priority'
  | 'maxAttempts'
  | 'timeoutSeconds'
  | 'runAt'
  | 'tags';

export const TaskForm = ({ draft, issues, onChange }: TaskFormProps) => {
  const set = (change: Partial<Draft>): void => onChange({ ...draft, ...change });
  const text = (
    label: string,
    key: TextKey,
    path: string,
    more: { hint?: string; type?: string; list?: string; inputMode?: 'numeric' } = {},
  ) => (
    <Field
      label={label}
      issues={issuesAt(issues, path)}
      {...(more.hint === undefined ? {} : { hint: more.hint })}
    >
      {(bound) => (
        <input
          {...bound}
          className="input"
          type={more.type ?? 'text'}
          {...(more.list === undefined ? {} : { list: more.list })}
          {...(more.inputMode === undefined ? {} : { inputMode: more.inputMode })}
          value={draft[key]}
          onChange={(event) => set({ [key]: event.target.value })}
        />
      )}
    </Field>
  );
  return (
    <div className="task-form">
      {text('Name', 'name', '/name')}
      <div className="pair">
        {text('Kind', 'kind', '/kind', { list: 'kinds' })}
        <datalist id="kinds">
          {Object.keys(builtinKinds).map((kind) => (
            <option key={kind} value={kind} />
          ))}
        </datalist>
        <div className="field">
          <span className="field-label">Lane</span>
          <Segmented<Lane>
            label="Lane"
            value={draft.lane}
            options={lanes.map((lane) => ({ value: lane, label: lane }))}
            onChange={(lane) => set({ lane })}
          />
        </div>
      </div>
      <InputField draft={draft} issues={issuesAt(issues, '/input')} onChange={(input) => set({ input })} />
      <VariablesEditor
        variables={draft.variables}
        issues={issues}
        onChange={(variables) => set({ variables })}
      />
      <details className="further" open={issues.some((issue) => furtherPaths.includes(issue.path))}>
        <summary>Copies, priority, retries, start</summary>
        <div className="further-fields">
          {text('Copies of each', 'batchSize', '/batchSize', { inputMode: 'numeric' })}
          {text('Priority', 'priority', '/priority', { hint: '−10 to 10' })}
          {text('Attempts at the most', 'maxAttempts', '/maxAttempts', { inputMode: 'numeric' })}
          {text('Time limit in seconds', 'timeoutSeconds', '/timeoutMs', { inputMode: 'numeric' })}
          {text('Start at', 'runAt', '/runAt', { type: 'datetime-local', hint: 'Empty starts at once' })}
          {text('Tags', 'tags', '/tags', { hint: 'With commas between' })}
        </div>
      </details>
    </div>
  );
};

const furtherPaths = ['/batchSize', '/priority', '/maxAttempts', '/timeoutMs', '/runAt', '/tags'];

interface InputFieldProps {
  readonly draft: Draft;
  readonly issues: readonly Issue[];
  readonly onChange: (input: string) => void;
}

const InputField = ({ draft, issues, onChange }: InputFieldProps) => {
  const readable = isJson(draft.input);
  const lineOf = (issue: Issue): number | undefined =>
    readable ? lineOfPointer(draft.input, issue.path.slice('/input'.length)) : undefined;
  const syntaxLine = readable ? undefined : /line (\d+)/.exec(issues[0]?.message ?? '')?.[1];
  const wrong = readable ? issues.map(lineOf) : [syntaxLine === undefined ? undefined : Number(syntaxLine)];
  return (
    <Field
      label="Input"
      hint="A {{name}} takes the variable's value: with its type where it stands alone, as text within a longer string."
      issues={issues}
      words={(issue) => {
        const line = lineOf(issue);
        return `${line === undefined ? '' : `Line ${line}: `}${issue.path.slice('/input'.length)} ${issue.message}`;
      }}
    >
      {(bound) => (
        <CodeEditor
          {...bound}
          value={draft.input}
          onChange={onChange}
          wrongLines={new Set(wrong.filter((line) => line !== undefined))}
        />
      )}
    </Field>
  );
};

const isJson = (text: string): boolean => {
  try {
    JSON.parse(text);
    return true;
  } catch {
    return false;
  }
};
