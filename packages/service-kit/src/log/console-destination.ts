import type { LogConfig } from '../config/log-config.ts';
import type { LogDestination } from './log-destination.ts';
import { prettyLine } from './pretty-line.ts';

/** Standard output: JSON, or for people. */
export const consoleDestination = ({ format }: Pick<LogConfig, 'format'>): LogDestination => {
  const color = format === 'pretty' && process.stdout.isTTY;
  return {
    write: (entry) => {
      process.stdout.write(`${format === 'pretty' ? prettyLine(entry.record, color) : entry.line}\n`);
    },
    close: async () => undefined,
  };
};
