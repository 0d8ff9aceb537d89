import { issuesOf } from '@backend2/contracts';
import type { Issue } from '@backend2/contracts';
import { useState } from 'react';
import type { z } from 'zod';
import { CodeEditor } from '../submission/code-editor.tsx';
import { lineOfPointer, lineOfSyntaxError } from '../submission/locate-pointer.ts';
import { Field } from '../ui/field.tsx';

interface TaskJsonProps {
  readonly body: unknown;
  /** What the server says to the last body that parsed. */
  readonly issues: readonly Issue[];
  readonly onChange: (body: unknown) => z.ZodSafeParseResult<unknown>;
}

const parse = (text: string): { value: unknown } | { issue: Issue; line: number | undefined } => {
  try {
    return { value: JSON.parse(text) };
  } catch (error) {
    if (!(error instanceof SyntaxError)) throw error;
    return { issue: { path: '', message: 'is not valid JSON' }, line: lineOfSyntaxError(text, error) };
  }
};

/** The whole submission as the API takes it. */
export const TaskJson = ({ body, issues, onChange }: TaskJsonProps) => {
  const [text, setText] = useState(() => JSON.stringify(body, null, 2));
  const [own, setOwn] = useState<readonly Issue[] | null>(null);
  const parsed = parse(text);
  const shown = 'issue' in parsed ? [parsed.issue] : (own ?? issues);
  const lineOf = (issue: Issue): number | undefined =>
    'issue' in parsed ? parsed.line : lineOfPointer(text, issue.path);
  const change = (next: string): void => {
    setText(next);
    const read = parse(next);
    if ('issue' in read) return;
    const result = onChange(read.value);
    setOwn(result.success ? null : issuesOf(result.error));
  };
  return (
    <Field
      label="The whole task, as POST /tasks takes it"
      issues={shown}
      words={(issue) => {
        const line = lineOf(issue);
        return `${line === undefined ? '' : `Line ${line}: `}${issue.path} ${issue.message}`;
      }}
    >
      {(bound) => (
        <CodeEditor
          {...bound}
          value={text}
          onChange={change}
          wrongLines={new Set(shown.map(lineOf).filter((line) => line !== undefined))}
        />
      )}
    </Field>
  );
};
