import { writeSection } from '../report.ts';
import { type ContenderName, contenderNames } from './contender.ts';
import { type Backlog, measureBacklog } from './measurements/backlog.ts';
import { type Latency, measureLatency } from './measurements/latency.ts';
import { withSession } from './measurements/session.ts';
import {
  type Processing,
  type Publishing,
  measureBoth,
  measureProcessing,
  measurePublishing,
} from './measurements/throughput.ts';
import { BenchRedis } from './redis-server.ts';
import { streamsReport } from './streams-report.ts';

export interface BenchOptions {
  /** `full` is written into docs/performance.md; `smoke` only shows that it all still runs. */
  readonly extent: 'full' | 'quick' | 'smoke';
  readonly say: (line: string) => void;
}

export interface Throughput extends Publishing, Processing {
  /** Jobs a second when both go on at once. */
  readonly bothRate: number;
}

/** Of one round of one contender. */
export interface Round {
  readonly throughput: ReadonlyMap<number, Throughput>;
  readonly trickle: Latency;
  readonly halfPeak: Latency;
}

export interface StreamsResults {
  readonly sizes: readonly number[];
  readonly backlogs: readonly number[];
  readonly rounds: Readonly<Record<ContenderName, readonly Round[]>>;
  readonly backlog: Readonly<Record<ContenderName, readonly Backlog[]>>;
  readonly redisVersion: string;
}

interface Plan {
  readonly rounds: number;
  readonly sizes: readonly number[];
  readonly warmUp: number;
  readonly tricklePerSecond: number;
  readonly trickleJobs: number;
  readonly halfPeakSeconds: number;
  readonly backlogs: readonly number[];
}

const plans: Readonly<Record<BenchOptions['extent'], Plan>> = {
  full: {
    rounds: 5,
    sizes: [20_000, 200_000],
    warmUp: 5000,
    tricklePerSecond: 100,
    trickleJobs: 500,
    halfPeakSeconds: 3,
    backlogs: [10_000, 100_000, 1_000_000],
  },
  quick: {
    rounds: 1,
    sizes: [5000],
    warmUp: 1000,
    tricklePerSecond: 100,
    trickleJobs: 100,
    halfPeakSeconds: 0.5,
    backlogs: [1000, 10_000],
  },
  smoke: {
    rounds: 1,
    sizes: [200],
    warmUp: 100,
    tricklePerSecond: 200,
    trickleJobs: 20,
    halfPeakSeconds: 0.05,
    backlogs: [200, 400],
  },
};

/** The largest size is run in the first round alone: it says how a rate lasts, not what it is. */
const sizesOfRound = (plan: Plan, round: number): readonly number[] =>
  round === 0 ? plan.sizes : plan.sizes.slice(0, 1);

const runRound = (redis: BenchRedis, contender: ContenderName, plan: Plan, round: number): Promise<Round> =>
  withSession(redis, contender, plan.warmUp, async (session) => {
    const throughput = new Map<number, Throughput>();
    for (const size of sizesOfRound(plan, round)) {
      const publishing = await measurePublishing(session, size);
      const processing = await measureProcessing(session, size);
      throughput.set(size, { ...publishing, ...processing, bothRate: await measureBoth(session, size) });
    }
    const trickle = await measureLatency(session, plan.tricklePerSecond, plan.trickleJobs);
    const half = Math.round((throughput.get(plan.sizes[0] ?? 0)?.bothRate ?? 0) / 2);
    const halfPeak = await measureLatency(session, half, Math.round(half * plan.halfPeakSeconds));
    return { throughput, trickle, halfPeak };
  });

export const benchStreams = async ({ extent, say }: BenchOptions): Promise<StreamsResults> => {
  const plan = plans[extent];
  const redis = await BenchRedis.start();
  try {
    const rounds: Record<ContenderName, Round[]> = { bare: [], backend2: [], bullmq: [], 'bee-queue': [] };
    const backlog: Record<ContenderName, Backlog[]> = { bare: [], backend2: [], bullmq: [], 'bee-queue': [] };
    for (let round = 0; round < plan.rounds; round += 1) {
      for (const name of contenderNames) {
        say(`round ${round + 1} of ${plan.rounds}: ${name}`);
        rounds[name].push(await runRound(redis, name, plan, round));
      }
    }
    for (const waiting of plan.backlogs) {
      for (const name of contenderNames) {
        say(`behind ${waiting} waiting jobs: ${name}`);
        backlog[name].push(
          await withSession(redis, name, plan.warmUp, (session) =>
            measureBacklog(session, waiting, plan.sizes[0] ?? waiting),
          ),
        );
      }
    }
    const { sizes, backlogs } = plan;
    const results = { sizes, backlogs, rounds, backlog, redisVersion: await redis.version() };
    const report = streamsReport(results);
    say(`\n${report}`);
    if (extent === 'full') writeSection('streams', report);
    return results;
  } finally {
    await redis.close();
  }
};
