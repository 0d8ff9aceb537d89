import { metricNames, type Log, type Metrics, type Service } from '@backend2/service-kit';
import type { Finding } from './domain/finding.ts';
import type { Probe } from './domain/probe.ts';

export interface Probing extends Service {
  /** What each probe found when it last looked. */
  findings(): Finding[];
}

export interface ProbingSetup {
  readonly probes: readonly Probe[];
  readonly everyMs: number;
  /** A look that takes longer has failed. */
  readonly timeoutMs: number;
  readonly log: Log;
  readonly metrics: Metrics;
  /** Told after each look: `ok` is false when it failed. */
  readonly onLook?: (probe: Probe, ok: boolean) => void;
}

const within = async <T>(work: Promise<T>, timeoutMs: number): Promise<T> => {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<never>((_resolve, reject) => {
    timer = setTimeout(() => reject(new Error(`no answer within ${timeoutMs} ms`)), timeoutMs);
  });
  try {
    return await Promise.race([work, late]);
  } finally {
    clearTimeout(timer);
  }
};

/** Looks with every probe again and again, each on its own: one that hangs holds up no other. */
export const probing = (setup: ProbingSetup): Probing => {
  const { probes, everyMs, timeoutMs, log, metrics, onLook } = setup;
  const seconds = metrics.histogram(metricNames.probe, 'Seconds of a probe', ['probe']);
  const failure = metrics.gauge(metricNames.probeFailing, '1 while the probe fails', ['probe']);
  const found = new Map<string, Finding[]>();
  const failing = new Set<string>();
  const timers: NodeJS.Timeout[] = [];
  const looking = new Set<string>();

  const look = async (probe: Probe): Promise<void> => {
    if (looking.has(probe.name)) return;
    looking.add(probe.name);
    const end = seconds.startTimer({ probe: probe.name });
    const at = new Date();
    try {
      found.set(probe.name, await within(probe.look(at), timeoutMs));
      failure.set({ probe: probe.name }, 0);
      if (failing.delete(probe.name)) log.info({ probe: probe.name }, 'probe succeeds again');
      onLook?.(probe, true);
    } catch (error) {
      const why = error instanceof Error && error.message ? error.message : String(error);
      found.set(probe.name, probe.onFailure(why, at));
      failure.set({ probe: probe.name }, 1);
      if (!failing.has(probe.name)) log.warn({ err: error, probe: probe.name }, 'probe fails');
      failing.add(probe.name);
      onLook?.(probe, false);
    } finally {
      end();
      looking.delete(probe.name);
    }
  };

  return {
    name: 'probing',
    findings: () => [...found.values()].flat(),
    start: async () => {
      for (const probe of probes) timers.push(setInterval(() => void look(probe), everyMs));
      await Promise.all(probes.map(look));
    },
    stop: async () => {
      for (const timer of timers.splice(0)) clearInterval(timer);
    },
  };
};
