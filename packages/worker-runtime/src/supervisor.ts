import { fork, type ChildProcess } from 'node:child_process';
import { metricNames, type Log, type Loop, type Metrics, type Service } from '@backend2/service-kit';
import { isPulse } from './pulse.ts';

export interface SupervisorOptions {
  /** The module each process runs. */
  readonly module: string;
  readonly processes: number;
  /** A process whose event loop has not turned for so long, once ready, is killed and replaced. */
  readonly hungMs: number;
  readonly env: NodeJS.ProcessEnv;
  readonly log: Log;
  readonly metrics: Metrics;
}

export interface Supervisor extends Service {
  readonly children: readonly ChildProcess[];
  readonly ready: number;
  /** The read loops of the processes, for the supervisor's liveness. */
  loops(): Loop[];
}

const firstPauseMs = 250;
const longestPauseMs = 10_000;
/** Room for new objects, over NODE_OPTIONS: docs/adr/0181-room-for-what-workers-make.md */
const youngGeneration = '--max-semi-space-size=16';
/** A process that lived this long begins anew with the shortest pause. */
const settledMs = 30_000;

/** Keeps so many worker processes running; a dead one is replaced, after a pause that grows while they die young. */
export const supervisor = (options: SupervisorOptions): Supervisor => {
  const { module, processes, hungMs, env, log, metrics } = options;
  const children = new Set<ChildProcess>();
  const ready = new Set<ChildProcess>();
  const pulses = new Map<ChildProcess, { at: number; idleMs: number }>();
  const pauses = new Set<NodeJS.Timeout>();
  let stopping = false;
  const restarts = metrics.counter(metricNames.workerRestarts, 'Worker processes replaced');
  metrics.gauge(metricNames.workerProcesses, 'Worker processes', ['state'], (gauge) => {
    gauge.set({ state: 'wanted' }, processes);
    gauge.set({ state: 'ready' }, ready.size);
  });

  const spawn = (
    place: number,
    pauseMs: number,
    onReady: () => void,
    onFirstExit: (why: string) => void,
  ): void => {
    const child = fork(module, {
      env: { ...env, BACKEND2_WORKER_PLACE: String(place) },
      execArgv: [...process.execArgv, youngGeneration],
    });
    const since = performance.now();
    children.add(child);
    child.on('message', (message: { type?: unknown }) => {
      if (isPulse(message)) pulses.set(child, { at: performance.now(), idleMs: message.idleMs });
      if (message.type !== 'ready') return;
      ready.add(child);
      onReady();
    });
    const ended = (why: string): void => {
      children.delete(child);
      ready.delete(child);
      pulses.delete(child);
      if (stopping) return;
      onFirstExit(why);
      const next =
        performance.now() - since > settledMs ? firstPauseMs : Math.min(pauseMs * 2, longestPauseMs);
      restarts.inc();
      log.warn({ place, pid: child.pid, why, pauseMs: next }, 'worker process ended; it is replaced');
      const timer = setTimeout(() => {
        pauses.delete(timer);
        spawn(place, next, onReady, onFirstExit);
      }, next);
      pauses.add(timer);
    };
    child.once('exit', (code, signal) => ended(signal ?? `status ${code}`));
    child.on('error', (error) => {
      log.error({ err: error, place, pid: child.pid }, 'worker process cannot be started or told');
      // One that was never there has no exit.
      if (child.pid === undefined) ended(error.message);
    });
  };

  let watch: NodeJS.Timeout | undefined;
  const killHung = (): void => {
    for (const child of ready) {
      const since = performance.now() - (pulses.get(child)?.at ?? performance.now());
      if (since < hungMs) continue;
      log.error({ pid: child.pid, ms: Math.round(since) }, 'worker process hangs; it is killed');
      child.kill('SIGKILL');
    }
  };

  const stop = async (hard: AbortSignal): Promise<void> => {
    stopping = true;
    clearInterval(watch);
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
    loops: () =>
      [...pulses].map(([{ pid }, pulse]) => ({
        name: `worker-process-${pid}`,
        idleMs: () => pulse.idleMs + performance.now() - pulse.at,
        maxIdleMs: Math.max(60_000, 2 * hungMs),
      })),
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
        watch = setInterval(killHung, Math.min(1000, hungMs / 4));
      } catch (error) {
        await stop(AbortSignal.abort());
        throw error;
      }
    },
    stop,
  };
};
