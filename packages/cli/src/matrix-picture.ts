import type { Json, MatrixCell, MatrixView } from '@backend2/contracts';
import { shorten, table } from './table.ts';

const signs: Record<MatrixCell['state'], string> = {
  pending: '·',
  queued: '·',
  running: '~',
  succeeded: '#',
  failed: 'x',
  cancelled: '-',
};
const key = '# succeeded (#+ good, #- poor)   x failed   ~ running   · waiting   - cancelled';
const labelWidth = 24;

/** The matrix as text: a sign a cell. */
export const matrixPicture = ({ x, y, cells, fixed }: MatrixView): string => {
  const heading = [`${y?.name ?? ''} \\ ${x?.name ?? ''}`, ...(x?.values ?? ['']).map(labelOf)];
  const rows = cells.map((row, index) => [labelOf(y?.values[index] ?? ''), ...row.map(signOf)]);
  const held = Object.entries(fixed).map(([name, index]) => `${name}=${index}`);
  return [table([heading, ...rows]), '', ...(held.length > 0 ? [`at ${held.join(', ')}`] : []), key].join(
    '\n',
  );
};

const signOf = ({ state, rating }: MatrixCell): string =>
  signs[state] + (rating === 'good' ? '+' : rating === 'poor' ? '-' : '');

const labelOf = (value: Json): string =>
  shorten(typeof value === 'string' ? value : JSON.stringify(value), labelWidth);
