import { NoPrimaryError } from '@backend2/database';
import { ConfigError } from '@backend2/service-kit';
import pg from 'pg';
import { OperatorError } from './operator-error.ts';

export const say = (line: string): void => void process.stdout.write(`${line}\n`);

/** Runs a command to its end; what a person can mend is one sentence, a fault of ours its whole stack. */
export const runCommandLine = async (
  usage: string,
  run: (args: string[]) => Promise<void>,
): Promise<void> => {
  const args = process.argv.slice(2);
  if (args.includes('--help')) return say(usage);
  try {
    await run(args);
  } catch (error) {
    process.stderr.write(`${explain(error, usage)}\n`);
    process.exitCode = 1;
  }
};

const explain = (error: unknown, usage: string): string => {
  if (!(error instanceof Error)) return String(error);
  if ((error as NodeJS.ErrnoException).code?.startsWith('ERR_PARSE_ARGS') === true)
    return `${error.message}\n${usage}`;
  const ours = [OperatorError, ConfigError, NoPrimaryError].some((kind) => error instanceof kind);
  return ours ? error.message : (worldly(error) ?? error.stack ?? error.message);
};

/** Postgres's classes of a login, a right, a database or room that is wanting, and of its going away. */
const refusedByPostgres = /^(?:28|3D|53|57P)|^42501$/;

/** What is said of an error that is the fault of servers, disks and settings. */
const worldly = (error: Error): string | undefined => {
  const { code = '', syscall } = error as NodeJS.ErrnoException;
  if (error instanceof pg.DatabaseError && refusedByPostgres.test(code))
    return `Postgres refuses: ${error.message}. See whether the URL names the right server, user and database.`;
  if (error.name === 'ReplyError' || error.name === 'MaxRetriesPerRequestError')
    return `Redis cannot be used: ${error.message} See whether it runs, and whether REDIS_URL names it and the right user.`;
  // A name with several addresses fails with one error for each.
  const [first] = error instanceof AggregateError ? (error.errors as NodeJS.ErrnoException[]) : [];
  const cause = first ?? error;
  const call = first?.syscall ?? syscall;
  if (call === 'connect' || call === 'getaddrinfo')
    return `A server cannot be reached: ${cause.message}. See whether it runs, and whether its URL is right.`;
  return call === undefined ? undefined : `${cause.message}.`;
};
