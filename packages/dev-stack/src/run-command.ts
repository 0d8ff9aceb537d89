import { spawn } from 'node:child_process';
import { StackError } from './stack-error.ts';
import type { Identity } from './unprivileged-user.ts';

export interface RunCommandOptions {
  readonly identity?: Identity;
  /** The whole environment; this process's own by default. */
  readonly env?: NodeJS.ProcessEnv;
  /** What it does, as the subject of the error; the command by default. */
  readonly what?: string;
}

/** Runs to its end and returns what it printed; a failure says what the command said. */
export function runCommand(
  command: string,
  args: readonly string[],
  { identity = { prefix: [] }, env = process.env, what = command }: RunCommandOptions = {},
): Promise<string> {
  const [first = command, ...rest] = [...identity.prefix, command, ...args];
  return new Promise((resolve, reject) => {
    const child = spawn(first, rest, {
      cwd: '/',
      env,
      stdio: ['ignore', 'pipe', 'pipe'],
      ...(identity.uid !== undefined && { uid: identity.uid }),
      ...(identity.gid !== undefined && { gid: identity.gid }),
    });
    let output = '';
    let complaints = '';
    child.stdout.setEncoding('utf8').on('data', (text: string) => (output += text));
    child.stderr.setEncoding('utf8').on('data', (text: string) => (complaints += text));
    child.once('error', (cause) =>
      reject(new StackError(`${what} failed: ${command} cannot be run.`, { cause })),
    );
    child.once('close', (code) => {
      if (code === 0) return resolve(output);
      const said = (complaints.trim() || output.trim()).split('\n').slice(-10).join('\n');
      const full = /No space left on device|Check free disk space/i.test(said)
        ? ' The disk is full; free some space.'
        : '';
      reject(new StackError(`${what} failed (status ${code ?? 'unknown, it was killed'}).${full}\n${said}`));
    });
  });
}
