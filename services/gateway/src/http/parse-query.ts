import { issuesOf, validationFailed, type Issue } from '@backend2/contracts';
import { z } from 'zod';

/** @throws DomainError `validation_failed`, its paths `?name`: unknown, repeated and wrong parameters at once. */
export const parseQuery = <T>(schema: z.ZodType<T>, query: object, open = false): T => {
  const repeated: Issue[] = Object.entries(query)
    .filter(([, value]) => typeof value !== 'string')
    .map(([name]) => ({ path: `?${name}`, message: 'is given more than once' }));
  const strict = schema instanceof z.ZodObject && !open ? (schema.strict() as z.ZodType<T>) : schema;
  const parsed = strict.safeParse(query);
  if (parsed.success && repeated.length === 0) return parsed.data;
  const issues = parsed.success ? [] : issuesOf(parsed.error).map(inQuery);
  const known = new Set(repeated.map(({ path }) => path));
  throw validationFailed([...repeated, ...issues.filter(({ path }) => !known.has(path))]);
};

const inQuery = ({ path, message }: Issue): Issue => ({
  path: `?${path.slice(1)}`,
  message: message === 'is not a known field' ? 'is not a known query parameter' : message,
});
