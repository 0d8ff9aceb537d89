import type { HealthView } from '@backend2/contracts';
import type { Log, Service, SystemHealthEntity } from '@backend2/service-kit';
import type { Finding } from './domain/finding.ts';
import { gist, verdict } from './domain/verdict.ts';

export interface HealthKeeper extends Service {
  /** Judges now, and stores the verdict at once where it is news. */
  judge(): void;
  idleMs(): number;
}

export interface HealthKeeperSetup {
  readonly findings: (at: Date) => Finding[];
  readonly entity: SystemHealthEntity;
  readonly version: string;
  readonly log: Log;
  readonly onVerdict: (view: HealthView) => void;
  /** Default 1,000. */
  readonly judgeEveryMs?: number;
  /** An unchanged verdict is stored again this often; well below the entity's lifetime. Default 3,000. */
  readonly renewEveryMs?: number;
}

/** Keeps the verdict in Redis: on any change at once, else often enough that it does not end. */
export const healthKeeper = (setup: HealthKeeperSetup): HealthKeeper => {
  const { findings, entity, version, log, onVerdict, judgeEveryMs = 1000, renewEveryMs = 3000 } = setup;
  let timer: NodeJS.Timeout | undefined;
  let judgedAt = performance.now();
  let stored = { gist: '', at: Number.NEGATIVE_INFINITY };
  let storing: Promise<void> | undefined;
  let lastStatus: HealthView['status'] | undefined;
  let failing = false;

  const store = async (view: HealthView, at: number): Promise<void> => {
    try {
      await entity.save(view);
      stored = { gist: gist(view), at };
      if (failing) log.info({}, 'verdicts are stored again');
      failing = false;
    } catch (error) {
      if (!failing) log.warn({ err: error }, 'the verdict could not be stored');
      failing = true;
    }
  };

  const judge = (): void => {
    const now = performance.now();
    judgedAt = now;
    const view = verdict(findings(new Date()), version);
    onVerdict(view);
    if (view.status !== lastStatus) log.info({ status: view.status, output: view.output }, 'verdict');
    lastStatus = view.status;
    if (storing || (gist(view) === stored.gist && now - stored.at < renewEveryMs)) return;
    storing = store(view, now).finally(() => {
      storing = undefined;
    });
  };

  return {
    name: 'health-keeper',
    judge,
    idleMs: () => performance.now() - judgedAt,
    start: async () => {
      judge();
      timer = setInterval(judge, judgeEveryMs);
    },
    stop: async () => {
      clearInterval(timer);
      await storing;
    },
  };
};
