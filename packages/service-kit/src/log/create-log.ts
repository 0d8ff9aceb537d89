import bunyan from 'bunyan';
import type { LogConfig } from '../config/log-config.ts';
import { currentTraceId } from '../tracing/trace-context.ts';
import { consoleDestination } from './console-destination.ts';
import { logEntry, type LogDestination } from './log-destination.ts';
import { logError } from './log-error.ts';
import { redact } from './redact.ts';

/** A bunyan logger: `log.info({ fields }, 'constant message')`; `log.child({ taskId })` binds fields. */
export type Log = bunyan;

const levels = { DEBUG: 'debug', INFO: 'info', WARNING: 'warn', ERROR: 'error' } as const;

/**
 * Secrets are hidden by key and by shape in whatever is logged, the trace of the work in hand is bound by itself
 * unless the event names another.
 *
 * @param destinations the console unless given.
 */
export const createLog = (
  service: string,
  config: Pick<LogConfig, 'level' | 'format' | 'debug'>,
  destinations: readonly LogDestination[] = [consoleDestination(config)],
): Log => {
  const stream = {
    write: (record: Record<string, unknown>) => {
      const traceId = currentTraceId();
      const safe = redact(traceId === undefined ? record : { traceId, ...record });
      const entry = logEntry(safe as Record<string, unknown>);
      for (const destination of destinations) destination.write(entry);
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
