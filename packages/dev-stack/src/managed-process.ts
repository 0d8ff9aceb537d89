import { type ChildProcess, type SpawnOptions, spawn } from 'node:child_process';
import { closeSync, mkdirSync, openSync, readFileSync, renameSync, statSync } from 'node:fs';
import { dirname } from 'node:path';
import { type ProcessGuard, guardProcess } from './process-guard.ts';
import { forgetProcess, recordProcess } from './process-record.ts';
import { descendants } from './process-table.ts';
import { signalProcess } from './signal-process.ts';
import { StackError, explainFileError } from './stack-error.ts';

export interface ManagedProcessOptions {
  readonly command: string;
  readonly args: readonly string[];
  readonly env?: NodeJS.ProcessEnv;
  readonly cwd?: string;
  readonly uid?: number;
  readonly gid?: number;
  /** Both outputs are appended here. Without it they go where those of this process go. */
  readonly logFile?: string;
  readonly pidFile: string;
  /** Asks for an orderly end. */
  readonly stopSignal: NodeJS.Signals;
  /** Opens an IPC channel to a Node.js child. */
  readonly ipc?: boolean;
  /** Removed should this process die before the child is stopped. */
  readonly removeFolder?: string;
}

export interface Exit {
  readonly code: number | null;
  readonly signal: NodeJS.Signals | null;
}

/**
 * A child in a process group of its own, so that a Ctrl-C in the terminal reaches only us and we stop
 * things in order; it is ended when this process dies in whatever way.
 */
export interface ManagedProcess {
  readonly pid: number;
  readonly child: ChildProcess;
  readonly exited: Promise<Exit>;
  readonly running: boolean;
  /** Asks, waits `graceMs` (default 10,000), then kills. Safe twice. */
  stop(graceMs?: number): Promise<void>;
  /** SIGKILL for it and its descendants. */
  kill(): Promise<void>;
  /** SIGSTOP for it and its descendants: it holds its ports and answers nothing. */
  pause(): void;
  resume(): void;
}

export function startProcess(options: ManagedProcessOptions): ManagedProcess {
  const log = options.logFile === undefined ? 'inherit' : openLog(options.logFile);
  const spawnOptions: SpawnOptions = {
    detached: true,
    stdio: options.ipc === true ? ['ignore', log, log, 'ipc'] : ['ignore', log, log],
    ...(options.env !== undefined && { env: options.env }),
    ...(options.cwd !== undefined && { cwd: options.cwd }),
    ...(options.uid !== undefined && { uid: options.uid }),
    ...(options.gid !== undefined && { gid: options.gid }),
  };
  const child = spawn(options.command, options.args, spawnOptions);
  if (typeof log === 'number') closeSync(log);
  const pid = child.pid;
  if (pid === undefined) {
    child.on('error', () => undefined);
    throw new StackError(`${options.command} cannot be started; is it there, and may it be executed?`);
  }
  recordProcess(options.pidFile, pid);
  const guard: ProcessGuard = guardProcess({
    pid,
    signal: options.stopSignal,
    ...(options.removeFolder !== undefined && { removeFolder: options.removeFolder }),
  });

  let running = true;
  const exited = new Promise<Exit>((resolve) => {
    child.once('exit', (code, signal) => {
      running = false;
      guard.release();
      signalProcess(-pid, 'SIGKILL'); // its own children, should they have outlived it
      forgetProcess(options.pidFile);
      resolve({ code, signal });
    });
  });
  child.on('error', () => undefined); // a failed send to a child that is gone; `exited` tells

  const everyone = () => [pid, ...descendants(pid)];
  const kill = async () => {
    if (!running) return;
    for (const each of everyone()) signalProcess(each, 'SIGKILL');
    await exited;
  };
  let stopping: Promise<void> | undefined;
  const stop = async (graceMs: number) => {
    if (!running) return;
    signalProcess(pid, 'SIGCONT');
    signalProcess(pid, options.stopSignal);
    const timer = setTimeout(() => void kill(), graceMs);
    await exited;
    clearTimeout(timer);
  };

  return {
    pid,
    child,
    exited,
    get running() {
      return running;
    },
    stop: (graceMs = 10_000) => (stopping ??= stop(graceMs)),
    kill,
    pause: () => {
      for (const each of everyone()) signalProcess(each, 'SIGSTOP');
    },
    resume: () => {
      for (const each of everyone()) signalProcess(each, 'SIGCONT');
    },
  };
}

/** Bytes; a longer log makes way at the next start, and one such is kept. */
const longestLog = 16 * 1024 * 1024;

function openLog(file: string): number {
  try {
    mkdirSync(dirname(file), { recursive: true });
    const size = statSync(file, { throwIfNoEntry: false })?.size ?? 0;
    if (size > longestLog) renameSync(file, `${file}.1`);
    return openSync(file, 'a', 0o600);
  } catch (error) {
    throw explainFileError(error, file);
  }
}

/** The end of a log, for an error message. Empty when there is none. */
export function lastLines(file: string, count = 15): string {
  try {
    return readFileSync(file, 'utf8').trimEnd().split('\n').slice(-count).join('\n');
  } catch {
    return '';
  }
}
