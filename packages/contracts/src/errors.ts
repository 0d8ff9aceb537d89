import { z } from 'zod';

export const errorKinds = [
  'invalid',
  'unauthenticated',
  'denied',
  'absent',
  'conflict',
  'limited',
  'unavailable',
] as const;
/** What an error means to whoever asked; the HTTP edge chooses status codes from it. */
export type ErrorKind = (typeof errorKinds)[number];

export const issueSchema = z.object({
  /** JSON Pointer (RFC 6901) into the request, or `?name` for a query parameter. */
  path: z.string(),
  message: z.string(),
});
export type Issue = z.infer<typeof issueSchema>;

export const errorDetailsSchema = z.object({
  issues: z.array(issueSchema).optional(),
  retryAfterSeconds: z.number().optional(),
});
export type ErrorDetails = z.infer<typeof errorDetailsSchema>;

/** An expected refusal: it states a fact, crosses RPC whole, and is not an event for an error tracker. */
export class DomainError extends Error {
  readonly kind: ErrorKind;
  /** Stable: clients branch on it, metrics label with it. */
  readonly code: string;
  readonly details: ErrorDetails;

  constructor(kind: ErrorKind, code: string, message: string, details: ErrorDetails = {}) {
    super(message);
    this.name = 'DomainError';
    this.kind = kind;
    this.code = code;
    this.details = details;
  }
}

const pointer = (path: readonly PropertyKey[]): string =>
  path.map((part) => `/${String(part).replaceAll('~', '~0').replaceAll('/', '~1')}`).join('');

/** Every offending path of a failed parse; `base` is the pointer of the parsed value in the request. */
export const issuesOf = (error: z.ZodError, base = ''): Issue[] =>
  error.issues.flatMap((issue) =>
    issue.code === 'unrecognized_keys'
      ? issue.keys.map((key) => ({
          path: base + pointer([...issue.path, key]),
          message: 'is not a known field',
        }))
      : [{ path: base + pointer(issue.path), message: issue.message }],
  );

/** @throws DomainError `validation_failed`, naming every offending path at once. */
export const parseInput = <T>(schema: z.ZodType<T>, value: unknown, base = ''): T => {
  const parsed = schema.safeParse(value);
  if (parsed.success) return parsed.data;
  throw validationFailed(issuesOf(parsed.error, base));
};

export const validationFailed = (issues: Issue[]): DomainError =>
  new DomainError(
    'invalid',
    'validation_failed',
    issues.length === 1
      ? `${issues[0]?.path || 'the body'}: ${issues[0]?.message}`
      : `${issues.length} fields are not valid`,
    { issues },
  );

/** An id that is not there, or is not the caller's: the two must not be told apart. */
export const notFound = (what: string): DomainError =>
  new DomainError('absent', 'not_found', `There is no such ${what}.`);
