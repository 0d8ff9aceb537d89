import { maxVariables } from '@backend2/contracts';
import type { Issue } from '@backend2/contracts';
import { Button } from '../ui/button.tsx';
import { Field } from '../ui/field.tsx';
import { Segmented } from '../ui/segmented.tsx';
import { issuesAt } from './check-draft.ts';
import { emptyVariable } from './draft.ts';
import type { VariableDraft } from './draft.ts';
import { parseValuesText } from './values-text.ts';
import './variables-editor.css';

interface VariablesEditorProps {
  readonly variables: readonly VariableDraft[];
  readonly issues: readonly Issue[];
  readonly onChange: (variables: readonly VariableDraft[]) => void;
}

export const VariablesEditor = ({ variables, issues, onChange }: VariablesEditorProps) => {
  const own = issues.filter((issue) => issue.path === '/variables');
  return (
    <section className="variables" aria-label="Variables">
      <div className="section-head">
        <h2>Variables</h2>
        <span className="quiet small">Every combination of their values runs once.</span>
      </div>
      {own.map((issue) => (
        <p key={issue.message} className="field-issue small">
          {issue.message}
        </p>
      ))}
      {variables.map((variable, index) => (
        <VariableRow
          key={variable.key}
          variable={variable}
          path={`/variables/${index}`}
          issues={issues}
          onChange={(changed) => onChange(variables.with(index, changed))}
          onRemove={() => onChange(variables.toSpliced(index, 1))}
        />
      ))}
      <Button
        icon="plus"
        disabled={variables.length >= maxVariables}
        onClick={() => onChange([...variables, emptyVariable()])}
      >
        {variables.length >= maxVariables ? `${maxVariables} variables at the most` : 'Add a variable'}
      </Button>
    </section>
  );
};

interface VariableRowProps {
  readonly variable: VariableDraft;
  readonly path: string;
  readonly issues: readonly Issue[];
  readonly onChange: (variable: VariableDraft) => void;
  readonly onRemove: () => void;
}

const VariableRow = ({ variable, path, issues, onChange, onRemove }: VariableRowProps) => {
  const set = (change: Partial<VariableDraft>): void => onChange({ ...variable, ...change });
  const whole = issues.filter((issue) => issue.path === path);
  return (
    <fieldset className="variable">
      <legend className="visually-hidden">Variable {variable.name}</legend>
      <div className="variable-head">
        <Field label="Name" issues={[...issuesAt(issues, `${path}/name`), ...whole]}>
          {(bound) => (
            <input
              {...bound}
              className="input mono"
              value={variable.name}
              placeholder="style"
              spellCheck={false}
              autoCapitalize="off"
              onChange={(event) => set({ name: event.target.value })}
            />
          )}
        </Field>
        <Segmented<VariableDraft['mode']>
          label={`Values of ${variable.name || 'the variable'} ${variable.key}`}
          value={variable.mode}
          options={[
            { value: 'values', label: 'Values' },
            { value: 'range', label: 'Range' },
          ]}
          onChange={(mode) => set({ mode })}
        />
        <Field label="Zip with" issues={issuesAt(issues, `${path}/zip`)}>
          {(bound) => (
            <input
              {...bound}
              className="input"
              value={variable.zip}
              placeholder="none"
              title="Variables that share a name here advance together, as one axis"
              onChange={(event) => set({ zip: event.target.value })}
            />
          )}
        </Field>
        <Button look="quiet" icon="trash" iconOnly onClick={onRemove}>
          {`Remove ${variable.name || 'the variable'}`}
        </Button>
      </div>
      {variable.mode === 'values' ? (
        <ValuesField variable={variable} issues={issuesAt(issues, `${path}/values`)} set={set} path={path} />
      ) : (
        <RangeFields variable={variable} issues={issues} set={set} path={`${path}/range`} />
      )}
    </fieldset>
  );
};

interface PartProps {
  readonly variable: VariableDraft;
  readonly issues: readonly Issue[];
  readonly path: string;
  readonly set: (change: Partial<VariableDraft>) => void;
}

const ValuesField = ({ variable, issues, path, set }: PartProps) => {
  const count = parseValuesText(variable.values).length;
  const words = (issue: Issue): string => {
    const index = issue.path.slice(`${path}/values/`.length).split('/')[0];
    return index === undefined || index === ''
      ? issue.message
      : `value ${Number(index) + 1}: ${issue.message}`;
  };
  return (
    <Field
      label={`Values, one a line${count > 0 ? ` (${count})` : ''}`}
      issues={issues}
      words={words}
      hint="Numbers, true, false and JSON keep their type; “quote” a number to make it text."
    >
      {(bound) => (
        <textarea
          {...bound}
          className="input mono"
          rows={Math.min(10, Math.max(3, variable.values.split('\n').length + 1))}
          value={variable.values}
          spellCheck={false}
          onChange={(event) => set({ values: event.target.value })}
        />
      )}
    </Field>
  );
};

const RangeFields = ({ variable, issues, path, set }: PartProps) => {
  const number = (label: string, key: 'from' | 'to' | 'amount', at: string) => (
    <Field label={label} issues={issuesAt(issues, at)}>
      {(bound) => (
        <input
          {...bound}
          className="input figures"
          inputMode="decimal"
          value={variable[key]}
          onChange={(event) => set({ [key]: event.target.value })}
        />
      )}
    </Field>
  );
  return (
    <div className="range-fields">
      {number('From', 'from', `${path}/from`)}
      {number('To', 'to', `${path}/to`)}
      <Field label="By" issues={issues.filter((issue) => issue.path === path)}>
        {(bound) => (
          <select
            {...bound}
            className="input"
            value={variable.by}
            onChange={(event) => set({ by: event.target.value === 'step' ? 'step' : 'count' })}
          >
            <option value="count">count</option>
            <option value="step">step</option>
          </select>
        )}
      </Field>
      {number(variable.by === 'count' ? 'How many' : 'Step', 'amount', `${path}/${variable.by}`)}
    </div>
  );
};
