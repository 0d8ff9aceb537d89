import { Command, CommanderError } from 'commander';
import { addActionCommands } from './commands/actions.ts';
import { addAuditCommand } from './commands/audit.ts';
import { addExportCommand } from './commands/export.ts';
import { addKeyCommands } from './commands/keys.ts';
import { addReadingCommands } from './commands/reading.ts';
import { addScheduleCommands } from './commands/schedules.ts';
import { addSessionCommands } from './commands/session.ts';
import { addSubmitCommands } from './commands/submit.ts';
import { createContext, type Context, type GlobalOptions } from './context.ts';
import { exitCodes, type ExitCode } from './exit-codes.ts';
import { explainError } from './explain-error.ts';
import type { Io } from './io.ts';

/** Runs one command and resolves with its exit code; `args` are those after the command's name. */
export const run = async (args: readonly string[], io: Io): Promise<ExitCode> => {
  let exitCode: ExitCode = exitCodes.done;
  const program = new Command('backend2')
    .description('Submit, watch and take away Backend2 tasks.')
    .option('--url <url>', 'where Backend2 is (BACKEND2_URL; default the place signed in at)')
    .option('--json', 'print JSON for scripts')
    .exitOverride()
    .configureOutput({
      writeOut: (text) => void io.out.write(text),
      writeErr: (text) => void io.err.write(text),
    })
    .showHelpAfterError('(backend2 --help lists the commands)');
  const context = (): Context => createContext(io, program.opts<GlobalOptions>());
  const commands: Commands = {
    program,
    context,
    end: (code) => {
      exitCode = code;
    },
  };
  addSessionCommands(commands);
  addSubmitCommands(commands);
  addReadingCommands(commands);
  addActionCommands(commands);
  addExportCommand(commands);
  addScheduleCommands(commands);
  addKeyCommands(commands);
  addAuditCommand(commands);
  try {
    await program.parseAsync(args, { from: 'user' });
    return exitCode;
  } catch (error) {
    return failure(error, io);
  }
};

export interface Commands {
  readonly program: Command;
  readonly context: () => Context;
  /** What to end with where it is not 0. */
  readonly end: (code: ExitCode) => void;
}

const failure = (error: unknown, io: Io): ExitCode => {
  if (error instanceof CommanderError) return error.exitCode === 0 ? exitCodes.done : exitCodes.usage;
  if (io.signal.aborted) return exitCodes.interrupted;
  const explained = explainError(error);
  if (!explained) throw error;
  io.err.write(`${explained.text}\n`);
  return explained.exitCode;
};
