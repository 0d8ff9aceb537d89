import { createRequire } from 'node:module';
import { type Row, against, figure, machine, table, times } from '../report.ts';
import type { Round, StreamsResults, Throughput } from './bench-streams.ts';
import { type ContenderName, contenderNames, slots } from './contender.ts';
import type { Backlog } from './measurements/backlog.ts';
import { median, medianRatio } from './statistics.ts';

const peers = ['bare', 'bullmq', 'bee-queue'] as const satisfies readonly ContenderName[];
const titles: Record<ContenderName, string> = {
  bare: 'bare streams',
  backend2: 'Backend2',
  bullmq: 'BullMQ',
  'bee-queue': 'bee-queue',
};

const grownFigures: readonly (readonly [title: string, key: keyof Backlog])[] = [
  ['publish rate', 'publishRate'],
  ['process rate', 'processRate'],
  ['both at once', 'bothRate'],
  ['processor time a job, publishing', 'publishCpu'],
  ['processor time a job, processing', 'processCpu'],
  ['commands a job, publishing', 'publishCalls'],
  ['commands a job, processing', 'processCalls'],
  ['bytes a job', 'bytesWaiting'],
];

const require = createRequire(import.meta.url);
const versionOf = (name: string): string => (require(`${name}/package.json`) as { version: string }).version;

/** Each ratio is taken within a round and the median of them told. */
export const streamsReport = (results: StreamsResults): string => {
  const { rounds, sizes, backlogs } = results;
  const of = (name: ContenderName, read: (round: Round) => number | undefined): number[] =>
    rounds[name].map((round) => read(round) ?? Number.NaN).filter((value) => !Number.isNaN(value));
  const ratio = (peer: ContenderName, read: (round: Round) => number | undefined): number =>
    medianRatio(of('backend2', read), of(peer, read));
  const ratios = (read: (round: Round) => number | undefined): Row =>
    peers.map((peer) => times(ratio(peer, read)));
  const at = (size: number, read: (all: Throughput) => number) => (round: Round) => {
    const all = round.throughput.get(size);
    return all === undefined ? undefined : read(all);
  };
  const [first = 0] = sizes;
  const process = at(first, (all) => all.processRate);
  const publish = at(first, (all) => all.publishRate);

  const rates = sizes.flatMap((size): Row[] => [
    [`process ${size}`, ...ratios(at(size, (all) => all.processRate))],
    [`publish ${size} in bulk`, ...ratios(at(size, (all) => all.publishRate))],
    [`both at once, ${size}`, ...ratios(at(size, (all) => all.bothRate))],
  ]);
  const latencies: Row[] = [
    ['enqueue to start at 100/s, p50', ...ratios((round) => round.trickle.p50)],
    ['enqueue to start at 100/s, p99', ...ratios((round) => round.trickle.p99)],
    ['enqueue to start at half of its own peak, p50', ...ratios((round) => round.halfPeak.p50)],
    ['enqueue to start at half of its own peak, p99', ...ratios((round) => round.halfPeak.p99)],
  ];
  const costs = at(first, (all) => all.consumerCpu + all.redisCpu);
  const costRows: Row[] = [
    ['processor time a job, publishing', ...ratios(at(first, (all) => all.publishCpu))],
    ['processor time a job, processing', ...ratios(costs)],
  ];

  const perJob = (read: (round: Round) => number | undefined): Row =>
    contenderNames.map((name) => figure(median(of(name, read))));
  const counts: Row[] = [
    ['bytes of Redis memory a waiting job', ...perJob(at(first, (all) => all.bytesWaiting))],
    ['commands a job, publishing', ...perJob(at(first, (all) => all.publishCalls))],
    ['commands a job, processing', ...perJob(at(first, (all) => all.processCalls))],
  ];
  const [fewest = 0] = backlogs;
  const growth = backlogs.slice(1).flatMap((waiting, index): Row[] =>
    grownFigures.map(([title, key]) => [
      `${title}, ${waiting} waiting`,
      ...contenderNames.map((name) => {
        const [few, many] = [results.backlog[name][0], results.backlog[name][index + 1]];
        return times((many?.[key] ?? Number.NaN) / (few?.[key] ?? Number.NaN));
      }),
    ]),
  );
  const wanted: Row[] = [
    ['process, of BullMQ', times(ratio('bullmq', process)), against(ratio('bullmq', process), { least: 4 })],
    [
      'process, of bare streams',
      times(ratio('bare', process)),
      against(ratio('bare', process), { least: 0.5 }),
    ],
    [
      'publish in bulk, of BullMQ',
      times(ratio('bullmq', publish)),
      against(ratio('bullmq', publish), { least: 3 }),
    ],
    ...(['p50', 'p99'] as const).map((quantile): Row => {
      const value = ratio('bare', (round) => round.trickle[quantile]);
      return [
        `enqueue to start at a trickle, ${quantile}, of bare streams`,
        times(value),
        against(value, { most: quantile === 'p50' ? 1.2 : 2 }),
      ];
    }),
  ];

  return [
    `\`pnpm bench streams\`: ${machine()}, Redis ${results.redisVersion} with AOF everysec, BullMQ ${versionOf('bullmq')}, ` +
      `bee-queue ${versionOf('bee-queue')}; one consumer process of ${slots} slots, ${rounds.backend2.length} rounds.`,
    table(['to reach', 'measured', 'bound'], wanted),
    'Backend2 in relation to each (rates: more is better; times and costs: less is better):',
    table(['', ...peers.map((peer) => `of ${titles[peer]}`)], [...rates, ...latencies, ...costRows]),
    'Counts, which no machine changes:',
    table(['', ...contenderNames.map((name) => titles[name])], counts),
    `How each moves, in relation to itself with ${fewest} waiting jobs:`,
    table(['', ...contenderNames.map((name) => titles[name])], growth),
  ].join('\n\n');
};
