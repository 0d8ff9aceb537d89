import { StartError } from '@backend2/contracts';
import type { Log } from '../log/create-log.ts';
import type { Readiness } from './readiness.ts';
import type { Service } from './service.ts';
import { leaveStartBehind } from './leave-start-behind.ts';
import { startAll } from './start-all.ts';

export interface RunOptions {
  readonly log: Log;
  /** How long the stop may take before what still runs is aborted. */
  readonly graceMs: number;
  /** Told `ready` after the start and `draining` before the stop. */
  readonly readiness?: Readiness;
  /** How long to stay up, unready, before stopping. Default 0. */
  readonly drainMs?: number;
  /** Read once ready; sent to the parent process where there is one, and logged. */
  readonly ports?: () => Readonly<Record<string, number>>;
  /** Those that ask for a stop. Default SIGTERM and SIGINT. */
  readonly signals?: readonly NodeJS.Signals[];
  /** Gives back what the start left behind only once ready, where a pause of 0.1 s then delays nobody who waits. */
  readonly tidyLate?: boolean;
  /** Called last before the process exits, for example to flush an error tracker. */
  readonly onExit?: () => Promise<void>;
}

/** After the grace: what aborted work gets to let go before the process ends regardless. */
const afterHardMs = 5000;

const pause = (ms: number, signal: AbortSignal): Promise<void> =>
  new Promise((resolve) => {
    if (signal.aborted || ms <= 0) return resolve();
    const timer = setTimeout(resolve, ms);
    signal.addEventListener('abort', () => (clearTimeout(timer), resolve()), { once: true });
  });

type Word =
  | { readonly type: 'ready'; readonly ports: Readonly<Record<string, number>> }
  | { readonly type: 'refused'; readonly why: string };

/** Resolves once it is on its way, so that the process may end. */
const tellParent = (word: Word): Promise<void> =>
  new Promise((resolve) => {
    if (process.connected) process.send?.(word, undefined, undefined, () => resolve());
    else resolve();
  });

/**
 * Runs a process: starts the services in order, stops them in reverse on SIGTERM, SIGINT, an uncaught error, or when
 * the parent that forked it goes away; a second signal or the end of `graceMs` aborts what still runs. Ends the
 * process: status 0 after a clean stop, 1 after a failed start, an uncaught error or an unclean stop. Why a start failed
 * is told to the parent too, where it is a StartError.
 */
export const runUntilSignal = async (services: readonly Service[], options: RunOptions): Promise<never> => {
  const { log, graceMs, readiness, drainMs = 0, tidyLate = false, onExit } = options;
  const hard = new AbortController();
  const leave = new AbortController();
  const asked = Promise.withResolvers<{ readonly why: string; readonly code: 0 | 1 }>();
  let asks = 0;
  const ask = (why: string, code: 0 | 1) => {
    asks += 1;
    if (asks > 1) hard.abort(new Error(`${why} during the stop`));
    asked.resolve({ why, code });
    leave.abort(new Error(why));
  };
  const crash = (error: unknown) => {
    log.fatal({ err: error }, 'uncaught error: stopping');
    ask('uncaught error', 1);
  };
  for (const signal of options.signals ?? ['SIGTERM', 'SIGINT']) process.on(signal, () => ask(signal, 0));
  process.on('disconnect', () => ask('the parent process is gone', 0));
  process.on('uncaughtException', crash);
  process.on('unhandledRejection', crash);

  const finish = async (code: 0 | 1): Promise<never> => {
    readiness?.enter('stopped');
    await onExit?.().catch((error: unknown) => log.error({ err: error }, 'last duties failed'));
    process.exit(code);
  };

  const unlessLeft = (error: unknown) => {
    if (error !== leave.signal.reason) throw error;
  };
  let stopAll: (hard: AbortSignal) => Promise<void>;
  try {
    const stopBeforeReady = asked.promise.then(() => undefined);
    const starting = startAll(services, leave.signal);
    const started = await Promise.race([starting, stopBeforeReady]);
    stopAll =
      started ??
      ((signal) => Promise.race([starting.then((stop) => stop(signal), unlessLeft), pause(graceMs, signal)]));
    if (started) {
      if (!tidyLate) await leaveStartBehind();
      readiness?.enter('ready');
      const ports = options.ports?.() ?? {};
      log.info({ ports, ms: Math.round(process.uptime() * 1000) }, 'ready');
      void tellParent({ type: 'ready', ports });
      if (tidyLate) await leaveStartBehind();
    }
  } catch (error) {
    log.fatal({ err: error }, 'could not start');
    if (error instanceof StartError) await tellParent({ type: 'refused', why: error.message });
    return finish(1);
  }

  const { why, code } = await asked.promise;
  log.info({ why, graceMs }, 'stopping');
  readiness?.enter('draining');
  await pause(drainMs, hard.signal);
  const grace = setTimeout(() => hard.abort(new Error('the grace period is over')), graceMs);
  const given = new Promise<'late'>((resolve) => {
    hard.signal.addEventListener('abort', () => void setTimeout(resolve, afterHardMs, 'late'), {
      once: true,
    });
  });
  const end = await Promise.race([
    stopAll(hard.signal).then(
      () => 'clean' as const,
      (error: unknown) => {
        log.error({ err: error }, 'unclean stop');
        return 'unclean' as const;
      },
    ),
    given,
  ]);
  clearTimeout(grace);
  if (end === 'late') log.error({}, 'the stop took too long: leaving');
  else log.info({ end }, 'stopped');
  return finish(end === 'clean' ? code : 1);
};
