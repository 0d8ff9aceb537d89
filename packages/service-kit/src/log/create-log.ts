import bunyan from 'bunyan';
import type { LogConfig } from '../config/log-config.ts';
import { currentTraceId } from '../rpc/trace-context.ts';
import { logError } from './log-error.ts';
import { prettyLine } from './pretty-line.ts';
import { redact } from './redact.ts';

/** A bunyan logger: `log.info({ fields }, 'constant message')`; `log.child({ taskId })` binds fields. */
export type Log = bunyan;

const levels = { DEBUG: 'debug', INFO: 'info', WARNING: 'warn', ERROR: 'error' } as const;

/**
 * One line an event. Secrets are hidden by key and by shape in whatever is logged, the trace of the work in hand is
 * bound by itself.
 *
 * @param write gets each line without its newline; standard output unless given.
 */
export const createLog = (
  service: string,
  config: LogConfig,
  write: (line: string) => void = (line) => void process.stdout.write(`${line}\n`),
): Log => {
  const color = config.format === 'pretty' && process.stdout.isTTY;
  const stream = {
    write: (record: Record<string, unknown>) => {
      const traceId = currentTraceId();
      const safe = redact(traceId === undefined ? record : { ...record, traceId }) as Record<string, unknown>;
      write(config.format === 'pretty' ? prettyLine(safe, color) : JSON.stringify(safe));
    },
  };
  return bunyan.createLogger({
    name: service,
    serializers: { err: (error: unknown) => logError(error), error: (error: unknown) => logError(error) },
    streams: [
      {
        type: 'raw',
        level: config.debug ? 'debug' : levels[config.level],
        stream: stream as unknown as NodeJS.WritableStream,
      },
    ],
  });
};

/** Logs nothing: for tests and commands. */
export const silentLog = (): Log => bunyan.createLogger({ name: 'silent', level: bunyan.FATAL + 1 });
