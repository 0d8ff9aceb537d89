import { type ChildProcess, spawn } from 'node:child_process';
import type { TestScope } from './test-scope.ts';
import { until } from './until.ts';
import { patienceMs } from './patience.ts';

export interface RunProcessOptions {
  readonly args?: readonly string[];
  /** Added to this process's environment. */
  readonly env?: Readonly<Record<string, string>>;
  readonly cwd?: string;
  /** Node's own. Default: those with which workspace packages are loaded from source. */
  readonly nodeArguments?: readonly string[];
  /** Opens an IPC channel. Default true. */
  readonly ipc?: boolean;
}

export interface RunningProcess {
  readonly child: ChildProcess;
  readonly pid: number;
  /** Both outputs so far, in the order they came. */
  readonly output: string;
  readonly messages: readonly unknown[];
  readonly exited: Promise<{ code: number | null; signal: NodeJS.Signals | null }>;
  /** The first line of output that matches, past or to come, waiting for it up to `timeoutMs` (default twice `patienceMs`: a process has to come up first). */
  line(pattern: RegExp, timeoutMs?: number): Promise<RegExpExecArray>;
  /** The first IPC message that fits, past or to come. */
  message<T>(fits: (message: unknown) => boolean, timeoutMs?: number): Promise<T>;
  /** To the whole process group. */
  kill(signal?: NodeJS.Signals): void;
}

const lastWordsMs = 2000;

/** Runs a TypeScript file as a real process of its own; at the end of the test it is killed with all its children. */
export function runProcess(t: TestScope, file: string, options: RunProcessOptions = {}): RunningProcess {
  const { args = [], nodeArguments = ['--conditions=@backend2/source'] } = options;
  const child = spawn(process.execPath, [...nodeArguments, file, ...args], {
    detached: true,
    env: { ...process.env, ...options.env },
    ...(options.cwd !== undefined && { cwd: options.cwd }),
    stdio: options.ipc === false ? ['ignore', 'pipe', 'pipe'] : ['ignore', 'pipe', 'pipe', 'ipc'],
  });
  const pid = child.pid;
  if (pid === undefined) throw new Error(`${file} cannot be started`);
  let output = '';
  const messages: unknown[] = [];
  child.stdout?.setEncoding('utf8').on('data', (text: string) => (output += text));
  child.stderr?.setEncoding('utf8').on('data', (text: string) => (output += text));
  child.on('message', (message) => messages.push(message));
  child.on('error', () => undefined); // sending to a process that has gone; `exited` tells
  let gone = false;
  // Its last words may come after its end; its own children may hold the outputs open for ever.
  const closed = new Promise<void>((resolve) => child.once('close', () => resolve()));
  const exited = new Promise<{ code: number | null; signal: NodeJS.Signals | null }>((resolve) =>
    child.once('exit', (code, signal) => {
      gone = true;
      const patience = setTimeout(() => resolve({ code, signal }), lastWordsMs);
      void closed.then(() => {
        clearTimeout(patience);
        resolve({ code, signal });
      });
    }),
  );

  const kill = (signal: NodeJS.Signals = 'SIGTERM') => {
    try {
      process.kill(-pid, signal);
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'ESRCH') throw error;
    }
  };
  t.teardown(async () => {
    kill('SIGKILL');
    await exited;
  });

  const waitFor = async <T>(find: () => T | null | undefined, what: string, timeoutMs: number) => {
    let found: T | null | undefined;
    await until(() => (found = find()) != null || gone, { timeoutMs, what: `${what} in:\n${output}\n` });
    found ??= find();
    if (found == null) throw new Error(`${file} ended before ${what}:\n${output}`);
    return found;
  };

  return {
    child,
    pid,
    get output() {
      return output;
    },
    messages,
    exited,
    kill,
    line: (pattern, timeoutMs = 2 * patienceMs) =>
      waitFor(
        () =>
          output
            .split('\n')
            .map((line) => pattern.exec(line))
            .find((match) => match !== null),
        `a line like ${String(pattern)}`,
        timeoutMs,
      ),
    message: <T>(fits: (message: unknown) => boolean, timeoutMs = 2 * patienceMs) =>
      waitFor(() => messages.find(fits) as T | undefined, 'the message', timeoutMs),
  };
}
