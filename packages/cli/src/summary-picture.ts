import type { Json, Tally, TaskSummary } from '@backend2/contracts';
import { shorten, table } from './table.ts';

const headings = ['', 'CELLS', 'GOOD', 'POOR', 'FAILED', 'MEDIAN'];
const labelWidth = 40;

/** How the values of each axis fared, an axis below the other. */
export const summaryPicture = ({ overall, axes }: TaskSummary): string => {
  const rows = [
    headings,
    ['all', ...figuresOf(overall)],
    ...axes.flatMap(({ name, values }) => [
      [],
      [name],
      ...values.map(({ value, ...tally }) => [`  ${labelOf(value)}`, ...figuresOf(tally)]),
    ]),
  ];
  return table(rows);
};

const figuresOf = ({ total, counts, ratings, durationMs }: Tally): string[] => [
  String(total),
  shareOf(ratings.good, total),
  shareOf(ratings.poor, total),
  shareOf(counts.failed, total),
  durationMs === null ? '-' : `${(durationMs.median / 1000).toFixed(1)} s`,
];

const shareOf = (count: number, total: number): string =>
  count === 0 ? '-' : `${count} (${Math.round((100 * count) / total)} %)`;

const labelOf = (value: Json): string =>
  shorten(typeof value === 'string' ? value : JSON.stringify(value), labelWidth);
