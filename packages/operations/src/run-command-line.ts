import { NoPrimaryError } from '@backend2/database';
import { ConfigError } from '@backend2/service-kit';
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
  return ours ? error.message : (error.stack ?? error.message);
};
