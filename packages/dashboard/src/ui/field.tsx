import { useId } from 'react';
import type { ReactNode } from 'react';
import type { Issue } from '@backend2/contracts';
import './field.css';

interface FieldProps {
  readonly label: string;
  readonly hint?: string;
  readonly issues?: readonly Issue[];
  /** How an issue reads here; its message unless told. */
  readonly words?: (issue: Issue) => string;
  readonly hideLabel?: boolean;
  readonly children: (bound: {
    id: string;
    'aria-describedby': string;
    'aria-invalid': boolean;
  }) => ReactNode;
}

/** A control with its label, its hint and what is wrong with it. */
export const Field = ({ label, hint, issues = [], words, hideLabel = false, children }: FieldProps) => {
  const id = useId();
  return (
    <div className={`field ${issues.length > 0 ? 'wrong' : ''}`}>
      <label htmlFor={id} className={hideLabel ? 'visually-hidden' : undefined}>
        {label}
      </label>
      {children({ id, 'aria-describedby': `${id}-about`, 'aria-invalid': issues.length > 0 })}
      <div id={`${id}-about`} className="field-about">
        {issues.slice(0, 6).map((issue) => (
          <p className="field-issue" key={issue.path + issue.message}>
            {words === undefined ? issue.message : words(issue)}
          </p>
        ))}
        {issues.length > 6 && <p className="field-issue">and {issues.length - 6} more</p>}
        {issues.length === 0 && hint !== undefined && <p className="quiet">{hint}</p>}
      </div>
    </div>
  );
};
