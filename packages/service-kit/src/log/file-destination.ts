import { mkdirSync } from 'node:fs';
import { createStream, type RotatingFileStream } from 'rotating-file-stream';
import type { LogDestination } from './log-destination.ts';

export interface FileDestinationOptions {
  readonly dir: string;
  /** Without `.log`. */
  readonly name: string;
  readonly bytes: number;
  readonly count: number;
  readonly onDropped: (lines: number) => void;
  /** Told once when writing begins to fail. */
  readonly onTrouble: (error: unknown) => void;
}

/** Characters held back while the disk is slow; what comes beyond is dropped. */
const mostWaiting = 4_000_000;
const reopenMs = 10_000;

/** `<name>.log`, rotated by size to `<name>.log.1` and so on. A full or lost disk costs lines, never a request. */
export const fileDestination = (options: FileDestinationOptions): LogDestination => {
  const { dir, name, bytes, count, onDropped, onTrouble } = options;
  let stream: RotatingFileStream | undefined;
  let failedAt = Number.NEGATIVE_INFINITY;

  const open = (): RotatingFileStream | undefined => {
    try {
      mkdirSync(dir, { recursive: true });
    } catch (error) {
      return fail(error);
    }
    const opened = createStream(`${name}.log`, { path: dir, size: `${bytes}B`, rotate: count - 1 });
    opened.on('error', (error) => {
      if (stream === opened) fail(error);
    });
    return opened;
  };
  const fail = (error: unknown): undefined => {
    failedAt = performance.now();
    stream = undefined;
    onTrouble(error);
  };

  return {
    write: ({ line }) => {
      if (!stream && performance.now() - failedAt > reopenMs) stream = open();
      if (!stream || stream.writableLength > mostWaiting) onDropped(1);
      else stream.write(`${line}\n`);
    },
    close: async () => {
      const closing = stream;
      stream = undefined;
      failedAt = Number.POSITIVE_INFINITY;
      if (closing) await new Promise<void>((resolve) => closing.once('error', () => resolve()).end(resolve));
    },
  };
};
