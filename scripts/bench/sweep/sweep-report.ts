import { type Row, figure, machine, table, times } from '../report.ts';
import { median, medianRatio } from '../streams/statistics.ts';
import type { SweepResults } from './bench-sweep.ts';

const verdict = (holds: boolean): string => (holds ? 'reached' : 'missed');

export const sweepReport = ({ cells, runs, bullmqMs, memory, starts }: SweepResults): string => {
  const accepted = median(runs.map(({ acceptedMs }) => acceptedMs));
  const first = median(runs.map(({ firstMs }) => firstMs));
  const speed = medianRatio(
    bullmqMs,
    runs.map(({ wholeMs }) => wholeMs),
  );
  const growth = memory.manyBytes / memory.fewBytes;
  const wanted: Row[] = [
    [
      `a task of ${cells} cells is accepted`,
      `${figure(accepted)} ms`,
      `under 1 s: ${verdict(accepted < 1000)}`,
    ],
    [
      'its first subtask begins, from acceptance',
      `${figure(Math.max(0, first))} ms`,
      `within 100 ms: ${verdict(first <= 100)}`,
    ],
    [
      `the whole, through API, streams and Postgres: speed of BullMQ alone with ${cells} bare jobs`,
      times(speed),
      `at least 1 x: ${verdict(speed >= 1)}`,
    ],
    [
      `Redis memory with ${memory.many} subtasks waiting, of that with ${memory.few}`,
      times(growth),
      `a constant: ${verdict(growth < 1.5)}`,
    ],
  ];
  const services = starts.map(({ name, readyMs, megabytes }): Row => [
    name,
    `${figure(readyMs)} ms`,
    `${figure(megabytes)} MB`,
    `under 1.5 s and 150 MB: ${verdict(readyMs < 1500 && megabytes < 150)}`,
  ]);
  return [
    `\`pnpm bench sweep\`: ${machine()}; medians of ${runs.length} rounds; all services, Postgres with its standby and ` +
      'Redis share the machine.',
    table(['to reach', 'measured', 'bound'], wanted),
    'Each service, compiled, started while the others idle:',
    table(['service', 'ready', 'resident', 'bound'], services),
  ].join('\n\n');
};
