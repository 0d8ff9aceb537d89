import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { DomainError } from '@backend2/contracts';
import { httpSink } from '@backend2/testkit';
import test from 'ava';
import { startSentry } from '../src/sentry/start-sentry.ts';
import { createLog, withTrace } from '../src/index.ts';

interface SentryEvent {
  readonly release: string;
  readonly environment: string;
  readonly tags: Record<string, string>;
  readonly exception: { readonly values: readonly { readonly value: string }[] };
  readonly breadcrumbs: readonly { readonly message: string; readonly data?: Record<string, unknown> }[];
}

const eventsOf = (body: string): SentryEvent[] =>
  body
    .split('\n')
    .map((line) => JSON.parse(line || '{}') as Record<string, unknown>)
    .filter((item) => 'exception' in item) as unknown as SentryEvent[];

test('an unexpected error is an event with its trail, and nothing secret leaves with it', async (t) => {
  const server = await httpSink(t, () => ({ status: 200, body: {} }));
  const dsn = `${server.url.replace('//', '//publickey@')}/7`;
  const tracker = await startSentry('gateway', '1.2.3', { dsn, environment: 'staging', tracesSampleRate: 0 });
  const log = createLog('gateway', { level: 'INFO', format: 'json', debug: false }, [tracker.trail]);
  log.info({ password: 'hunter2', taskId: 't1' }, 'task accepted');
  const trace = '00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01';
  withTrace(trace, () => {
    tracker.capture(new DomainError('conflict', 'not_paused', 'The task is not paused.'));
    tracker.capture(new Error('no route to postgres://me:hunter2@db/backend2 with b2k_0123456789abcdef01'));
  });
  await tracker.close();
  t.true(server.requests.every(({ path }) => path.startsWith('/api/7/envelope/')));
  const events = server.requests.flatMap(({ body }) => eventsOf(body));
  t.is(events.length, 1, 'an expected refusal is no event');
  const [event] = events;
  t.is(event?.release, '1.2.3');
  t.is(event?.environment, 'staging');
  t.is(event?.tags['trace_id'], '0af7651916cd43dd8448eb211c80319c');
  t.like(event?.breadcrumbs[0], { message: 'task accepted', data: { taskId: 't1' } });
  t.notRegex(server.requests.map(({ body }) => body).join('\n'), /hunter2|b2k_0123/);
});

/** In a process of its own, which has loaded nothing else: whether the tracker's package is loaded, and what was reached. */
const looking = (dsn: string): string => `
  import { registerHooks } from 'node:module';
  import { Socket } from 'node:net';
  let loaded = false;
  let connections = 0;
  registerHooks({ load: (url, context, next) => { loaded ||= url.includes('@sentry'); return next(url, context); } });
  const { connect } = Socket.prototype;
  Socket.prototype.connect = function (...args) { connections += 1; return connect.apply(this, args); };
  const { startSentry } = await import(${JSON.stringify(new URL('../src/sentry/start-sentry.ts', import.meta.url).href)});
  const config = { dsn: ${JSON.stringify(dsn)}, environment: 'x', tracesSampleRate: 1 };
  const tracker = await startSentry('gateway', '1.2.3', config);
  tracker.capture(new Error('unseen'));
  tracker.trail.write({ record: { level: 50, msg: 'unseen' }, line: '' });
  await tracker.close();
  console.log(JSON.stringify({ loaded, connected: connections > 0 }));`;

test('without a DSN nothing is loaded and nothing is sent', async (t) => {
  const server = await httpSink(t, () => ({ status: 200, body: {} }));
  const look = async (dsn: string): Promise<unknown> => {
    const args = ['--conditions=@backend2/source', '--input-type=module', '--eval', looking(dsn)];
    // Sentry's own client takes its address from the environment where it is given none.
    const env = { ...process.env, SENTRY_DSN: `${server.url.replace('//', '//publickey@')}/7` };
    const { stdout } = await promisify(execFile)(process.execPath, args, { env });
    return JSON.parse(stdout);
  };
  t.deepEqual(await look(''), { loaded: false, connected: false });
  t.deepEqual(server.requests, []);
  t.deepEqual(await look(`${server.url.replace('//', '//publickey@')}/7`), { loaded: true, connected: true });
});
