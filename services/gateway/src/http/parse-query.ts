import { issuesOf, validationFailed, type Issue } from '@backend2/contracts';
import { z } from 'zod';

/**
 * A parameter that is given more than once is a list to its schema.
 *
 * @throws DomainError `validation_failed`, its paths `?name`: unknown, repeated and wrong parameters at once.
 */
export const parseQuery = <T>(schema: z.ZodType<T>, query: object, open = false): T => {
  const strict = schema instanceof z.ZodObject && !open ? (schema.strict() as z.ZodType<T>) : schema;
  const parsed = strict.safeParse(query);
  if (parsed.success) return parsed.data;
  const listed = new Set(
    Object.entries(query)
      .filter(([name, value]) => typeof value !== 'string' && !takesList(schema, name))
      .map(([name]) => `?${name}`),
  );
  const issues = issuesOf(parsed.error).map(inQuery);
  throw validationFailed([
    ...[...listed].map((path) => ({ path, message: 'is given more than once' })),
    ...issues.filter(({ path }) => !listed.has(path)),
  ]);
};

const takesList = (schema: z.ZodType, name: string): boolean => {
  const of: unknown =
    schema instanceof z.ZodObject ? (schema.shape as Record<string, unknown>)[name] : undefined;
  return of instanceof z.ZodType && of.safeParse(['x']).success;
};

const inQuery = ({ path, message }: Issue): Issue => ({
  path: `?${path.slice(1)}`,
  message: message === 'is not a known field' ? 'is not a known query parameter' : message,
});
