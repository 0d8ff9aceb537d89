import { StartError } from '@backend2/contracts';
import test from 'ava';
import { createLog, withTrace, type LogEntry } from '../src/index.ts';
import { prettyLine } from '../src/log/pretty-line.ts';

const written = (write: (log: ReturnType<typeof createLog>) => void): Record<string, unknown>[] => {
  const lines: string[] = [];
  const destination = { write: ({ line }: LogEntry) => void lines.push(line), close: async () => undefined };
  write(createLog('test', { level: 'INFO', format: 'json', debug: false }, [destination]));
  return lines.map((line) => JSON.parse(line) as Record<string, unknown>);
};

test('an event is one line of JSON with the bound ids and the trace in hand', (t) => {
  const trace = '00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01';
  const [line] = written((log) =>
    withTrace(trace, () => log.child({ taskId: 't1' }).info({ ms: 3 }, 'done')),
  );
  t.like(line, {
    name: 'test',
    msg: 'done',
    taskId: 't1',
    ms: 3,
    traceId: '0af7651916cd43dd8448eb211c80319c',
  });
});

test('secrets are hidden by key and by shape, also inside errors', (t) => {
  const text = JSON.stringify(
    written((log) => {
      log.info({ password: 'hunter2', headers: { authorization: 'Bearer abcdefghijkl' } }, 'request');
      log.info({ url: 'postgres://me:hunter2@db/x', text: 'eyJhbGciOi.eyJzdWIi.c2lnbmF0dXJl' }, 'connect');
      log.error({ err: new Error('token=hunter2abc refused') }, 'failed');
      log.warn({ text: 'key b2k_0123456789abcdefghij, whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw' }, 'shown');
      log.warn({ nested: { list: [{ apiKey: 'MfKQ9r8' }] } }, 'nested');
    }),
  );
  t.notRegex(text, /hunter2|abcdefghijkl|c2lnbmF0dXJl|0123456789|MfKQ9r8/);
});

test('of an error its causes are told, but of why a start failed the sentence alone', (t) => {
  const cause = new Error('no route');
  const [failed, refused] = written((log) => {
    log.error({ err: new Error('not sent', { cause }) }, 'call failed');
    log.fatal({ err: new StartError('Start Redis first.', { cause }) }, 'could not start');
  });
  t.like(failed, { err: { message: 'not sent', cause: { message: 'no route' } } });
  t.deepEqual(refused?.['err'], { name: 'StartError', message: 'Start Redis first.' });
});

test('an event that names its trace keeps it', (t) => {
  const trace = '00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01';
  const [line] = written((log) => withTrace(trace, () => log.info({ traceId: 'its own' }, 'recorded')));
  t.is(line?.['traceId'], 'its own');
});

test('less severe events than configured are not written', (t) => {
  t.is(written((log) => log.debug({}, 'detail')).length, 0);
});

test('for people an event is its time, level, service, message and fields, with the stack of an error beneath', (t) => {
  const [told] = written((log) =>
    log.error(
      { taskId: 't1', why: 'two words', token: 'hunter2', err: new Error('no route') },
      'call failed',
    ),
  );
  const record = { ...told, time: '2026-01-02T03:04:05.678Z' };
  const [head = '', ...beneath] = prettyLine(record, false).split('\n');
  t.regex(head, /^03:04:05\.678 ERROR test call failed taskId=t1 why="two words" token=\S+$/);
  t.regex(beneath.join('\n'), /^Error: no route\n\s+at /);
  t.notRegex(head, /hunter2/);
  t.true(prettyLine(record, true).includes('\u001B[31mERROR\u001B[0m'));
});
