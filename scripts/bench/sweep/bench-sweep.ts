import type { TestScope } from '@backend2/testkit';
import { writeSection } from '../report.ts';
import { withSession } from '../streams/measurements/session.ts';
import { measureBoth } from '../streams/measurements/throughput.ts';
import { BenchRedis } from '../streams/redis-server.ts';
import { type SweepRun, type WaitingMemory, measureSweep, measureWaitingMemory } from './measure-sweep.ts';
import { sweepReport } from './sweep-report.ts';
import { type ServiceStart, startSweepSystem } from './sweep-system.ts';

export interface SweepOptions {
  /** `full` is written into docs/performance.md. */
  readonly extent: 'full' | 'quick';
  readonly say: (line: string) => void;
}

export interface SweepResults {
  readonly cells: number;
  readonly runs: readonly SweepRun[];
  /** BullMQ alone, publishing in bulk and processing as many bare jobs at once, milliseconds; a round each. */
  readonly bullmqMs: readonly number[];
  readonly memory: WaitingMemory;
  readonly starts: readonly ServiceStart[];
}

interface Plan {
  readonly rounds: number;
  readonly side: number;
  /** Of ten times `side` x `side` cells each. */
  readonly waitingTasks: number;
  readonly warmUp: number;
}

const plans = {
  full: { rounds: 5, side: 100, waitingTasks: 10, warmUp: 5000 },
  quick: { rounds: 1, side: 30, waitingTasks: 2, warmUp: 500 },
} as const satisfies Record<string, Plan>;

/** A place to hang what must be undone, as a test has one. */
const withScope = async <T>(run: (scope: TestScope) => Promise<T>): Promise<T> => {
  const releases: (() => void | Promise<void>)[] = [];
  try {
    return await run({ teardown: (release) => void releases.push(release) });
  } finally {
    for (const release of releases.toReversed()) await release();
  }
};

export const benchSweep = ({ extent, say }: SweepOptions): Promise<SweepResults> =>
  withScope(async (scope) => {
    const plan = plans[extent];
    const cells = plan.side ** 2;
    const peerRedis = await BenchRedis.start();
    scope.teardown(() => peerRedis.close());
    say('building the services and starting them, one after the other');
    const system = await startSweepSystem(scope);
    await measureSweep(system, plan.side); // warm, as the peer is
    const runs: SweepRun[] = [];
    const bullmqMs: number[] = [];
    for (let round = 1; round <= plan.rounds; round += 1) {
      say(`round ${round} of ${plan.rounds}: ${cells} cells, then BullMQ's ${cells} jobs`);
      runs.push(await measureSweep(system, plan.side));
      const rate = await withSession(peerRedis, 'bullmq', plan.warmUp, (session) =>
        measureBoth(session, cells),
      );
      bullmqMs.push((cells / rate) * 1000);
    }
    say('Redis behind few waiting subtasks and behind many');
    const memory = await measureWaitingMemory(system, plan.side, plan.waitingTasks);
    const results = { cells, runs, bullmqMs, memory, starts: system.starts };
    const report = sweepReport(results);
    say(`\n${report}`);
    if (extent === 'full') writeSection('sweep', report);
    return results;
  });
