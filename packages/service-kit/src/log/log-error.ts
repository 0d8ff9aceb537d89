import { StartError } from '../lifecycle/start-error.ts';

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
 * carry a query's parameters. A StartError has no stack: its message says all.
 */
export const logError = (error: unknown, depth = 0): unknown => {
  if (!(error instanceof Error)) return error;
  return {
    name: error.name,
    message: error.message,
    ...own(error),
    ...(!(error instanceof StartError) && { stack: error.stack }),
    ...(error.cause !== undefined && depth < 4 && { cause: logError(error.cause, depth + 1) }),
    ...(error instanceof AggregateError &&
      depth < 4 && { errors: error.errors.map((e) => logError(e, depth + 1)) }),
  };
};
