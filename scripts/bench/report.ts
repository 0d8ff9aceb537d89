import { readFileSync, writeFileSync } from 'node:fs';
import { availableParallelism, cpus } from 'node:os';
import { fileURLToPath } from 'node:url';

const file = fileURLToPath(new URL('../../docs/performance.md', import.meta.url));

export type Row = readonly string[];

export const table = (head: Row, rows: readonly Row[]): string => {
  const widths = head.map((cell, at) => Math.max(...[head, ...rows].map((row) => (row[at] ?? cell).length)));
  const line = (row: Row) => `| ${row.map((cell, at) => cell.padEnd(widths[at] ?? 0)).join(' | ')} |`;
  return [line(head), `| ${widths.map((width) => '-'.repeat(width)).join(' | ')} |`, ...rows.map(line)].join(
    '\n',
  );
};

/** Two digits that count: a machine like this says no more. */
export const figure = (value: number): string => {
  if (!Number.isFinite(value)) return '–';
  if (value >= 1000) return String(Number(value.toPrecision(3)));
  return String(Number(value.toPrecision(2)));
};

export const times = (value: number): string => (Number.isFinite(value) ? `${figure(value)} x` : '–');

/** What a ratio was to be, and whether it is. */
export const against = (
  value: number,
  wanted: { readonly least?: number; readonly most?: number },
): string => {
  const { least, most } = wanted;
  const holds = (least === undefined || value >= least) && (most === undefined || value <= most);
  const bound = least === undefined ? `at most ${most} x` : `at least ${least} x`;
  return `${bound}: ${holds ? 'reached' : 'missed'}`;
};

export const machine = (): string => {
  const model = cpus()[0]?.model.trim() ?? 'unknown processor';
  return `Node.js ${process.versions.node}, ${availableParallelism()} cores (${model})`;
};

/** Puts the text between the markers of its name; what people wrote around them stays. */
export const writeSection = (name: string, text: string): void => {
  const [begin, end] = [`<!-- bench ${name} -->`, `<!-- end of bench ${name} -->`];
  const before = readFileSync(file, 'utf8');
  const [from, to] = [before.indexOf(begin), before.indexOf(end)];
  if (from < 0 || to < from) throw new Error(`docs/performance.md has no place marked ${begin} … ${end}`);
  writeFileSync(file, `${before.slice(0, from + begin.length)}\n\n${text}\n\n${before.slice(to)}`);
};
