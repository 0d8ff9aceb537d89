import { StartError } from '@backend2/contracts';

const own = (error: Error): Record<string, unknown> => {
  const fields: Record<string, unknown> = {};
  for (const key of ['code', 'kind', 'details'] as const) {
    const value = (error as unknown as Record<string, unknown>)[key];
    if (value !== undefined) fields[key] = value;
  }
  return fields;
};

/**
 * bunyan's `err` serializer: name, message, stack, code and the chain of causes; never the whole object, which may
 * carry a query's parameters. Of a StartError neither stack nor causes: its message says all.
 */
export const logError = (error: unknown, depth = 0): unknown => {
  if (!(error instanceof Error)) return error;
  const told = { name: error.name, message: error.message, ...own(error) };
  if (error instanceof StartError) return told;
  return {
    ...told,
    stack: error.stack,
    ...(error.cause !== undefined && depth < 4 && { cause: logError(error.cause, depth + 1) }),
    ...(error instanceof AggregateError &&
      depth < 4 && { errors: error.errors.map((e) => logError(e, depth + 1)) }),
  };
};
