import { DomainError, StartError } from '@backend2/contracts';
import { ConnectionAcquireTimeoutError, ConnectionError, DatabaseError } from 'sequelize';

/** The schema lacks migrations this code knows. */
export class SchemaOutdatedError extends StartError {
  override readonly name = 'SchemaOutdatedError';
  readonly missing: readonly string[];

  constructor(missing: readonly string[]) {
    super(
      `The database's schema is older than this program: it lacks ${missing.join(', ')}. ` +
        'Run `pnpm --filter @backend2/database migrate up` with the same DATABASE_URL, then start again.',
    );
    this.missing = missing;
  }
}

/** The primary could not be reached when a service started. */
export class DatabaseUnreachableError extends StartError {
  override readonly name = 'DatabaseUnreachableError';

  constructor(server: string, cause: unknown) {
    super(
      `Postgres at ${server} cannot be used: ${cause instanceof Error ? cause.message : String(cause)}. ` +
        'Check that it runs and that DATABASE_URL is right.',
      { cause },
    );
  }
}

/** Classes 08 (connection) and 57P (shutdown), and too many connections. */
const lostState = /^(08|57P0|53300)/;
const lostText =
  /connection terminated|connection ended|client has encountered a connection error|not queryable|ECONNRESET|EPIPE|query read timeout/i;

/** Whether nobody answered, to a statement or to a new connection; Postgres's client tells it by these words alone. */
export const isSilence = (error: unknown): boolean =>
  error instanceof Error && /^(query read timeout|timeout expired)$/i.test(error.message);

/** Whether the server or the way to it failed, and not the statement: a read may be run again elsewhere. */
export const isConnectionLoss = (error: unknown): boolean => {
  if (error instanceof ConnectionAcquireTimeoutError) return false;
  if (error instanceof ConnectionError) return true;
  const original = error instanceof DatabaseError ? error.original : error;
  if (!(original instanceof Error)) return false;
  const code = (original as { code?: unknown }).code;
  return (typeof code === 'string' && lostState.test(code)) || lostText.test(original.message);
};

/** The server that took writes became a standby under the connection. */
const isReadOnly = (error: unknown): boolean =>
  error instanceof DatabaseError && (error.original as { code?: unknown }).code === '25006';

/**
 * What a caller is told when there was no connection to be had in time, it was lost, or its server takes no writes any
 * more; undefined for any other error.
 */
export const asUnavailable = (error: unknown): DomainError | undefined => {
  const busy = error instanceof ConnectionAcquireTimeoutError;
  if (!busy && !isConnectionLoss(error) && !isReadOnly(error)) return undefined;
  const unavailable = busy
    ? new DomainError('unavailable', 'database_busy', 'The database is too busy. Try again in a moment.', {
        retryAfterSeconds: 5,
      })
    : new DomainError(
        'unavailable',
        'database_unavailable',
        'The database cannot be reached. Try again in a moment.',
        {
          retryAfterSeconds: 5,
        },
      );
  return Object.assign(unavailable, { cause: error });
};

/** Whether Postgres took the statement and refused its values (classes 22 and 23): they will be refused again. */
export const isRefusedData = (error: unknown): boolean => {
  const original = error instanceof DatabaseError ? error.original : error;
  const code = (original as { code?: unknown } | undefined)?.code;
  return typeof code === 'string' && /^2[23]/.test(code);
};
