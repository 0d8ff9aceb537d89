const levels: Readonly<Record<number, string>> = {
  10: 'trace',
  20: 'debug',
  30: 'info',
  40: 'warn',
  50: 'error',
  60: 'fatal',
};

/**
 * A log record by the Elastic Common Schema. What the schema has no name for goes under `backend2`, which the index
 * template maps as one flattened field: two events that disagree about a field's type are both taken.
 * `infra/elk/ecs.js` says the same to Filebeat.
 */
export const ecsDocument = (record: Readonly<Record<string, unknown>>): Record<string, unknown> => {
  const { v: _v, name, hostname, pid, level, time, msg, err, traceId, ...rest } = record;
  const error = err as
    | { name?: string; message?: string; stack?: string; code?: string | number }
    | undefined;
  return {
    '@timestamp': time,
    'ecs.version': '8.17.0',
    message: msg,
    'log.level': levels[Number(level)] ?? String(level),
    'service.name': name,
    'host.hostname': hostname,
    'process.pid': pid,
    ...(traceId !== undefined && { 'trace.id': traceId }),
    ...(typeof error === 'object' && {
      'error.type': error.name,
      'error.message': error.message,
      'error.stack_trace': error.stack,
      ...(error.code !== undefined && { 'error.code': String(error.code) }),
    }),
    ...(Object.keys(rest).length > 0 && { backend2: rest }),
  };
};
