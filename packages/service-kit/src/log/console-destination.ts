import type { LogConfig } from '../config/log-config.ts';
import type { LogDestination } from './log-destination.ts';
import { prettyLine } from './pretty-line.ts';

const reopenMs = 10_000;
/** Of the process's one standard output, whoever writes to it. */
let failedAt = Number.NEGATIVE_INFINITY;
let isHeeded = false;

/**
 * Nobody may be reading any more (EPIPE), or the disk it goes to is full. Unheeded, that is an uncaught error, whose
 * report is written to the same place, and so on for ever.
 */
const heedErrors = (): void => {
  if (isHeeded) return;
  isHeeded = true;
  process.stdout.on('error', () => {
    failedAt = performance.now();
  });
};

/**
 * Standard output: JSON, or for people. Where it cannot be written lines are dropped, and it is tried again later.
 *
 * @param onDropped told how many lines were lost.
 */
export const consoleDestination = (
  { format }: Pick<LogConfig, 'format'>,
  onDropped: (lines: number) => void = () => undefined,
): LogDestination => {
  heedErrors();
  const color = format === 'pretty' && process.stdout.isTTY;
  return {
    write: (entry) => {
      if (performance.now() - failedAt < reopenMs) return onDropped(1);
      process.stdout.write(`${format === 'pretty' ? prettyLine(entry.record, color) : entry.line}\n`);
    },
    close: async () => undefined,
  };
};
