import { fork, type ChildProcess } from 'node:child_process';
import type { Log, Service } from '@backend2/service-kit';

export interface SupervisorOptions {
  /** The module each process runs. */
  readonly module: string;
  readonly processes: number;
  readonly env: NodeJS.ProcessEnv;
  readonly log: Log;
}

export interface Supervisor extends Service {
  readonly children: readonly ChildProcess[];
  readonly ready: number;
}

const firstPauseMs = 250;
const longestPauseMs = 10_000;
/** A process that lived this long begins anew with the shortest pause. */
const settledMs = 30_000;

/** Keeps so many worker processes running; a dead one is replaced, after a pause that grows while they die young. */
export const supervisor = ({ module, processes, env, log }: SupervisorOptions): Supervisor => {
  const children = new Set<ChildProcess>();
  const ready = new Set<ChildProcess>();
  const pauses = new Set<NodeJS.Timeout>();
  let stopping = false;

  const spawn = (
    place: number,
    pauseMs: number,
    onReady: () => void,
    onFirstExit: (why: string) => void,
  ): void => {
    const child = fork(module, {
      env: { ...env, BACKEND2_WORKER_PLACE: String(place) },
      execArgv: process.execArgv,
    });
    const since = performance.now();
    children.add(child);
    child.on('message', (message: { type?: unknown }) => {
      if (message.type !== 'ready') return;
      ready.add(child);
      onReady();
    });
    child.on('error', (error) => log.error({ err: error, place }, 'worker process could not be started'));
    child.once('exit', (code, signal) => {
      children.delete(child);
      ready.delete(child);
      if (stopping) return;
      const why = signal ?? `status ${code}`;
      onFirstExit(why);
      const next =
        performance.now() - since > settledMs ? firstPauseMs : Math.min(pauseMs * 2, longestPauseMs);
      log.warn({ place, pid: child.pid, why, pauseMs: next }, 'worker process ended; it is replaced');
      const timer = setTimeout(() => {
        pauses.delete(timer);
        spawn(place, next, onReady, onFirstExit);
      }, next);
      pauses.add(timer);
    });
  };

  const stop = async (hard: AbortSignal): Promise<void> => {
    stopping = true;
    for (const timer of pauses) clearTimeout(timer);
    pauses.clear();
    const kill = (): void => {
      for (const child of children) child.kill('SIGKILL');
    };
    hard.addEventListener('abort', kill, { once: true });
    const gone = [...children].map((child) => new Promise((resolve) => child.once('exit', resolve)));
    for (const child of children) child.kill(hard.aborted ? 'SIGKILL' : 'SIGTERM');
    await Promise.all(gone);
    hard.removeEventListener('abort', kill);
  };

  return {
    name: 'worker-processes',
    get children() {
      return [...children];
    },
    get ready() {
      return ready.size;
    },
    start: async () => {
      stopping = false;
      const starts = Array.from({ length: processes }, (_, place) => {
        const started = Promise.withResolvers<void>();
        spawn(place, firstPauseMs, started.resolve, (why) => {
          started.reject(
            new Error(`A worker process ended before it was ready (${why}); its log tells why.`),
          );
        });
        return started.promise;
      });
      try {
        await Promise.all(starts);
      } catch (error) {
        await stop(AbortSignal.abort());
        throw error;
      }
    },
    stop,
  };
};
