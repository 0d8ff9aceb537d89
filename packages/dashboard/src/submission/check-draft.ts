import { issuesOf, taskSubmissionSchema } from '@backend2/contracts';
import type { Issue, TaskSubmission } from '@backend2/contracts';
import { bodyOf } from './draft.ts';
import type { Draft } from './draft.ts';
import { lineOfSyntaxError } from './locate-pointer.ts';

export type CheckedDraft =
  | { readonly ok: true; readonly submission: TaskSubmission }
  | { readonly ok: false; readonly issues: readonly Issue[] };

/** What can be told without asking the server; placeholders and limits of the kind only it knows. */
export const checkDraft = (draft: Draft): CheckedDraft => {
  let body: unknown;
  try {
    body = bodyOf(draft);
  } catch (error) {
    if (!(error instanceof SyntaxError)) throw error;
    const line = lineOfSyntaxError(draft.input, error);
    const where = line === undefined ? '' : ` (line ${line})`;
    return { ok: false, issues: [{ path: '/input', message: `is not valid JSON${where}` }] };
  }
  const parsed = taskSubmissionSchema.safeParse(body);
  return parsed.success
    ? { ok: true, submission: parsed.data }
    : { ok: false, issues: issuesOf(parsed.error) };
};

/** The issues at a path or beneath it. */
export const issuesAt = (issues: readonly Issue[], path: string): Issue[] =>
  issues.filter((issue) => issue.path === path || issue.path.startsWith(`${path}/`));
