import { once } from 'node:events';
import { type Exit, type ManagedProcess, lastLines, startProcess } from './managed-process.ts';
import { stopRecorded } from './process-record.ts';
import { StackError } from './stack-error.ts';

export interface SupervisedOptions {
  readonly name: string;
  /**
   * A TypeScript file or compiled module that sends `{ type: 'ready', ports }` over IPC once it can take work, or
   * `{ type: 'refused', why }` before it ends where a sentence says why it cannot.
   */
  readonly script: string;
  readonly args?: readonly string[];
  /** The whole environment. */
  readonly env: NodeJS.ProcessEnv;
  readonly cwd?: string;
  readonly logFile: string;
  readonly pidFile: string;
  /** Default 60,000. */
  readonly readyWithinMs?: number;
  /** How long a stop may take before it becomes a kill. Default 15,000. */
  readonly graceMs?: number;
  /** Told of unexpected ends and of new starts, a sentence each. */
  readonly say?: (line: string) => void;
}

export type Ports = Readonly<Record<string, number>>;

/** A process that is started again, after a pause that doubles, whenever it ends without being asked to. */
export interface Supervised {
  readonly name: string;
  readonly pid: number | undefined;
  /** Those it reported when it was last ready. */
  readonly ports: Ports;
  readonly restarts: number;
  /** Resolves when it is ready; rejects when it ends first, with what it said of it or else the end of its log. */
  start(): Promise<void>;
  stop(): Promise<void>;
  kill(): Promise<void>;
}

const firstPauseMs = 250;
const longestPauseMs = 10_000;
/** One that ran this long is taken to be well again. */
const steadyMs = 30_000;

export function supervise(options: SupervisedOptions): Supervised {
  const { name, script, say = () => undefined, readyWithinMs = 60_000 } = options;
  let current: ManagedProcess | undefined;
  let ports: Ports = {};
  let restarts = 0;
  let pauseMs = firstPauseMs;
  let stopping = false;
  let timer: NodeJS.Timeout | undefined;

  const launch = () => {
    const started = startProcess({
      command: process.execPath,
      args: ['--conditions=@backend2/source', script, ...(options.args ?? [])],
      env: options.env,
      ...(options.cwd !== undefined && { cwd: options.cwd }),
      logFile: options.logFile,
      pidFile: options.pidFile,
      stopSignal: 'SIGTERM',
      ipc: true,
    });
    current = started;
    return started;
  };

  const ready = (started: ManagedProcess) =>
    new Promise<void>((resolve, reject) => {
      const late = setTimeout(() => {
        reject(new StackError(`${name} was not ready within ${readyWithinMs / 1000} s. ${logEnd(options)}`));
      }, readyWithinMs);
      let why: string | undefined;
      started.child.on('message', (message) => {
        if (isRefusal(message)) ({ why } = message);
        if (!isReady(message)) return;
        clearTimeout(late);
        ports = message.ports;
        resolve();
      });
      void started.exited.then(async (exit) => {
        clearTimeout(late);
        // Its last word may come after its end.
        if (started.child.connected) await once(started.child, 'disconnect');
        reject(
          new StackError(
            why === undefined
              ? `${name} ${describe(exit)} before it was ready. ${logEnd(options)}`
              : `${name} could not start: ${why}`,
          ),
        );
      });
    });

  const restart = (started: ManagedProcess) => {
    const startedAt = Date.now();
    void started.exited.then((exit) => {
      if (stopping) return;
      if (Date.now() - startedAt > steadyMs) pauseMs = firstPauseMs;
      say(
        `${name} ${describe(exit)} unexpectedly; starting it again in ${pauseMs / 1000} s (log: ${options.logFile})`,
      );
      timer = setTimeout(() => {
        restarts += 1;
        try {
          const next = launch();
          restart(next);
          // An early end is told by `restart`; being late is all there is to add.
          ready(next).then(
            () => say(`${name} is running again`),
            (error: unknown) => next.running && say((error as Error).message),
          );
        } catch (error) {
          say(`${name} cannot be started again: ${(error as Error).message}`);
        }
      }, pauseMs);
      pauseMs = Math.min(pauseMs * 2, longestPauseMs);
    });
  };

  return {
    name,
    get pid() {
      return current?.running === true ? current.pid : undefined;
    },
    get ports() {
      return ports;
    },
    get restarts() {
      return restarts;
    },
    start: async () => {
      await stopRecorded(options.pidFile, 'SIGTERM');
      const started = launch();
      try {
        await ready(started);
      } catch (error) {
        stopping = true;
        await started.kill();
        throw error;
      }
      restart(started);
    },
    stop: async () => {
      stopping = true;
      clearTimeout(timer);
      await current?.stop(options.graceMs ?? 15_000);
    },
    kill: async () => {
      stopping = true;
      clearTimeout(timer);
      await current?.kill();
    },
  };
}

function isReady(message: unknown): message is { type: 'ready'; ports: Ports } {
  const { type, ports } = (message ?? {}) as { type?: unknown; ports?: unknown };
  return type === 'ready' && typeof ports === 'object' && ports !== null;
}

function isRefusal(message: unknown): message is { type: 'refused'; why: string } {
  const { type, why } = (message ?? {}) as { type?: unknown; why?: unknown };
  return type === 'refused' && typeof why === 'string';
}

function describe({ code, signal }: Exit): string {
  return signal === null ? `ended with status ${code}` : `was ended by ${signal}`;
}

function logEnd({ logFile }: SupervisedOptions): string {
  return `The end of ${logFile}:\n${lastLines(logFile)}`;
}
