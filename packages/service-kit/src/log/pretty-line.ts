const levels: Readonly<Record<number, readonly [string, string]>> = {
  10: ['TRACE', '90'],
  20: ['DEBUG', '90'],
  30: ['INFO ', '32'],
  40: ['WARN ', '33'],
  50: ['ERROR', '31'],
  60: ['FATAL', '31'],
};

const plumbing = new Set(['v', 'name', 'hostname', 'pid', 'level', 'time', 'msg', 'err']);

const shown = (value: unknown): string =>
  typeof value === 'string' && !/\s/.test(value) ? value : JSON.stringify(value);

/** One log record for people: time, level, service, message, fields, and an error's stack beneath. */
export const prettyLine = (record: Readonly<Record<string, unknown>>, color: boolean): string => {
  const paint = (code: string, text: string) => (color ? `\u001B[${code}m${text}\u001B[0m` : text);
  const [label, code] = levels[Number(record['level'])] ?? ['?    ', '0'];
  const time = new Date(record['time'] as string).toISOString().slice(11, 23);
  const fields = Object.entries(record)
    .filter(([key, value]) => !plumbing.has(key) && value !== undefined)
    .map(([key, value]) => paint('90', `${key}=${shown(value)}`));
  const error = record['err'] as { stack?: string; message?: string } | undefined;
  const head = [
    paint('90', time),
    paint(code, label),
    paint('36', String(record['name'])),
    String(record['msg']),
  ];
  return [...head, ...fields].join(' ') + (error ? `\n${error.stack ?? error.message ?? ''}` : '');
};
