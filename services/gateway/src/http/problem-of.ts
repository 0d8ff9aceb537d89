import { DomainError, type Problem } from '@backend2/contracts';
import { HttpError } from './http-error.ts';
import { statusOfKind, titleOfStatus } from './error-statuses.ts';
import { bodyError } from './body-error.ts';

export interface ProblemAnswer {
  readonly body: Problem;
  readonly headers: Readonly<Record<string, string>>;
  /** Nobody meant this to happen: it is to be logged and tracked. */
  readonly unexpected: boolean;
}

/** Default of `Retry-After` where a refusal that will pass does not say when. */
const retryAfterSeconds = 2;

/** What to answer for whatever was thrown. Nothing of an unexpected error reaches the answer. */
export const problemOf = (thrown: unknown, requestId: string): ProblemAnswer => {
  const error = bodyError(thrown) ?? thrown;
  if (error instanceof DomainError) {
    const status = statusOfKind[error.kind];
    const answer = problem(status, error.code, error.message, requestId);
    if (error.details.issues) answer.errors = error.details.issues;
    return { body: answer, headers: domainHeaders(error, status), unexpected: false };
  }
  if (error instanceof HttpError) {
    const answer = problem(error.status, error.code, error.message, requestId);
    if (error.issues) answer.errors = [...error.issues];
    return { body: answer, headers: error.headers, unexpected: false };
  }
  const text = `Something went wrong on our side. Quote request ${requestId} when you report it.`;
  return { body: problem(500, 'internal', text, requestId), headers: {}, unexpected: true };
};

const problem = (status: number, code: string, detail: string, requestId: string): Problem => ({
  type: `urn:backend2:problem:${code}`,
  title: titleOfStatus[status] ?? 'Refused',
  status,
  detail,
  code,
  requestId,
});

const domainHeaders = (error: DomainError, status: number): Record<string, string> => {
  if (status === 401) {
    const reason =
      error.code === 'token_missing' ? '' : `, error="invalid_token", error_description="${error.message}"`;
    return { 'www-authenticate': `Bearer realm="backend2"${reason}` };
  }
  if (error.code === 'insufficient_scope') {
    return {
      'www-authenticate': `Bearer realm="backend2", error="insufficient_scope", error_description="${error.message}"`,
    };
  }
  if (status === 429 || status === 503) {
    return { 'retry-after': String(Math.ceil(error.details.retryAfterSeconds ?? retryAfterSeconds)) };
  }
  return {};
};
