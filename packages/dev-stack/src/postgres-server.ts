import { readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { type ManagedProcess, lastLines, startProcess } from './managed-process.ts';
import { stopRecorded } from './process-record.ts';
import { StackError } from './stack-error.ts';
import type { Identity } from './unprivileged-user.ts';

export interface PostgresServerOptions {
  readonly name: 'primary' | 'standby';
  readonly binary: string;
  readonly identity: Identity;
  /** Holds the data folder, the log and the pid file. */
  readonly dir: string;
  readonly port: number;
  readonly settings: Readonly<Record<string, string>>;
  readonly env?: NodeJS.ProcessEnv;
  readonly removeFolder?: string;
  urlFor(port: number): string;
}

/** One real server, to be killed, paused and started again at will. */
export interface PostgresServer {
  readonly url: string;
  readonly port: number;
  readonly running: boolean;
  readonly logFile: string;
  /** Starts it again on the same port over the same data; resolves when it takes connections. */
  start(): Promise<void>;
  /** Ends open sessions and stops in order. */
  stop(): Promise<void>;
  kill(): Promise<void>;
  pause(): void;
  resume(): void;
}

const readyWithinMs = 60_000;

export function dataFolder(dir: string, name: PostgresServerOptions['name']): string {
  return join(dir, name);
}

export function postgresServer(options: PostgresServerOptions): PostgresServer {
  const { name, dir, port } = options;
  const data = dataFolder(dir, name);
  const logFile = join(dir, `${name}.log`);
  const pidFile = join(dir, `${name}.pid.json`);
  let server: ManagedProcess | undefined;

  const start = async () => {
    if (server?.running === true) return;
    await stopRecorded(pidFile, 'SIGINT');
    rmSync(join(data, 'postmaster.pid'), { force: true });
    const settings = Object.entries({
      ...options.settings,
      listen_addresses: '127.0.0.1',
      unix_socket_directories: '',
      port: String(port),
    });
    const [command = options.binary, ...args] = [
      ...options.identity.prefix,
      options.binary,
      '-D',
      data,
      ...settings.flatMap(([key, value]) => ['-c', `${key}=${value}`]),
    ];
    const started = startProcess({
      command,
      args,
      env: { ...process.env, ...options.env },
      cwd: '/',
      ...(options.identity.uid !== undefined && { uid: options.identity.uid }),
      ...(options.identity.gid !== undefined && { gid: options.identity.gid }),
      logFile,
      pidFile,
      stopSignal: 'SIGINT',
      ...(options.removeFolder !== undefined && { removeFolder: options.removeFolder }),
    });
    server = started;
    const deadline = Date.now() + readyWithinMs;
    while (!takesConnections(data)) {
      if (!started.running) throw startFailure(name, port, logFile);
      if (Date.now() > deadline) {
        await started.kill();
        throw new StackError(
          `The ${name} Postgres was not ready within ${readyWithinMs / 1000} s; see ${logFile}.`,
        );
      }
      await delay(10);
    }
  };

  return {
    url: options.urlFor(port),
    port,
    logFile,
    get running() {
      return server?.running === true;
    },
    start,
    stop: async () => server?.stop(20_000),
    kill: async () => server?.kill(),
    pause: () => server?.pause(),
    resume: () => server?.resume(),
  };
}

/** The server writes its state into the eighth line of its pid file, as pg_ctl reads it. */
function takesConnections(data: string): boolean {
  try {
    const state = readFileSync(join(data, 'postmaster.pid'), 'utf8').split('\n')[7]?.trim();
    return state === 'ready' || state === 'standby';
  } catch {
    return false;
  }
}

export class PortTakenError extends StackError {}

function startFailure(name: string, port: number, logFile: string): StackError {
  const tail = lastLines(logFile);
  if (/Address already in use|could not bind/i.test(tail)) {
    return new PortTakenError(
      `Port ${port} for the ${name} Postgres is taken; stop what uses it or choose another.`,
    );
  }
  if (/No space left on device/i.test(tail)) {
    return new StackError(`The disk is full, so Postgres cannot start; free some space (log: ${logFile}).`);
  }
  return new StackError(`The ${name} Postgres stopped while starting. The end of ${logFile}:\n${tail}`);
}
