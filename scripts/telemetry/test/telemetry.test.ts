import { readFile, readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { createClient } from '@backend2/client';
import { services } from '@backend2/contracts';
import { httpSink, until, type HttpSink } from '@backend2/testkit';
import test from 'ava';
import { readCatalogue } from '../../monitoring/catalogue.ts';
import { readExposition } from './exposition.ts';
import { sentryEvents } from './sentry-events.ts';
import { pathTo, spansSent } from './spans.ts';
import { startTelemetrySystem, type TelemetrySystem } from './telemetry-system.ts';

type Line = Readonly<Record<string, unknown>>;

const root = fileURLToPath(new URL('../../..', import.meta.url));
const caller = { traceId: '4bf92f3577b34da6a3ce929d0e0e4736', spanId: '00f067aa0ba902b7' };
const requestId = 'support-case-17';
const ends: (() => unknown)[] = [];
let system: TelemetrySystem;
/** What the task's `http.request` calls, as an engine would be. */
let target: HttpSink;
let taskId: string;
/** Speaks the envelope protocol of Sentry. */
let tracker: HttpSink;

const linesOf = (text: string): Line[] =>
  text.split('\n').flatMap((line) => (line.startsWith('{') ? [JSON.parse(line) as Line] : []));

test.before(async (t) => {
  t.timeout(300_000);
  const scope = { teardown: (end: () => unknown) => void ends.push(end) };
  target = await httpSink(scope, ({ path }) => ({
    status: path === '/gone' ? 503 : 200,
    body: { ok: true },
  }));
  tracker = await httpSink(scope, () => ({ status: 200 }));
  system = await startTelemetrySystem(scope, {
    SENTRY_DSN: `${tracker.url.replace('//', '//publickey@')}/1`,
    SENTRY_ENVIRONMENT: 'test',
    BACKEND2_VERSION: '4.5.6',
    WORKER_HANDLERS: fileURLToPath(new URL('fixtures/defective-handler.ts', import.meta.url)),
    HTTP_PRIVATE_HOSTS: `127.0.0.1:${target.port}`,
  });
  const client = createClient({
    baseUrl: system.url,
    fetch: (input, init) => {
      const headers = new Headers(init?.headers);
      if (init?.method === 'POST' && headers.has('authorization')) {
        headers.set('x-request-id', requestId);
        headers.set('traceparent', `00-${caller.traceId}-${caller.spanId}-01`);
      }
      return fetch(input, { ...init, headers });
    },
  });
  await client.auth.signIn(system.admin.email, system.admin.password);
  await until(async () => (await client.lanes.list()).every(({ kinds }) => kinds.includes('test.defect')), {
    what: "the worker's kinds",
  });
  const task = await client.tasks.create({
    name: 'Two calls',
    kind: 'http.request',
    input: { url: `${target.url}/{{path}}`, method: 'POST', body: 'hello' },
    variables: [{ name: 'path', values: ['a', 'b'] }],
  });
  taskId = task.id;
  await client.tasks.waitUntilFinished(taskId, {});
  await t.throwsAsync(client.tasks.get('01890000-0000-7000-8000-000000000000'), { message: /no such task/ });
  const gone = { url: `${target.url}/gone`, method: 'DELETE' };
  for (const [kind, input] of [
    ['test.defect', {}],
    ['http.request', gone],
  ] as const) {
    const { id } = await client.tasks.create({ name: kind, kind, input, maxAttempts: 1 });
    t.is((await client.tasks.waitUntilFinished(id, {})).state, 'failed');
  }
  const picture = { prompts: [{ value: 'a lake' }], ratio: '8:1', seed: 7 };
  for (const lane of ['standard', 'lumina'] as const) {
    const { id } = await client.tasks.create({ name: lane, lane, kind: 'image.generate', input: picture });
    await client.tasks.waitUntilFinished(id, {});
  }
});

test.after.always(async () => {
  for (const end of ends.toReversed()) await end();
});

test('docs/metrics.md lists what the running services export, and they export what it lists', async (t) => {
  const catalogue = readCatalogue(root);
  for (const service of services) {
    const listed = [...catalogue.values()].filter((metric) => metric.services.includes(service));
    let exported = readExposition('');
    // A worker leaves out a process that is too busy to answer at once.
    await until(
      async () => {
        exported = readExposition(await system.metricsOf(service));
        return listed.every(({ name }) => exported.has(name));
      },
      { what: 'all metrics', timeoutMs: 30_000 },
    ).catch(() => undefined);
    const names = (items: Iterable<string>) => [...items].toSorted((a, b) => a.localeCompare(b));
    t.deepEqual(
      names(exported.keys()),
      names(listed.map(({ name }) => name)),
      `${service}: the metrics it exports, and those whose row in docs/metrics.md names it`,
    );
    for (const { name, type, labels } of listed) {
      const metric = exported.get(name);
      t.is(metric?.type, type, `${service}: the type of ${name}`);
      const foreign = [...(metric?.labels ?? [])].filter((label) => !labels.includes(label));
      t.deepEqual(foreign, [], `${service}: labels of ${name} that its row does not name`);
    }
  }
});

test('a request leads by its trace to the whole story of its subtasks, in every service and wherever logs go', async (t) => {
  const story = [
    'request',
    'task accepted',
    'subtasks dispatched',
    'subtask attempt ended',
    'subtask recorded',
    'task ended',
  ];
  const tellers = ['gateway', 'task-intake', 'standard-worker'] as const;
  const told = () =>
    tellers
      .flatMap((name) => linesOf(system.processes.get(name)?.output ?? ''))
      .filter(({ traceId }) => traceId === caller.traceId);
  await until(() => story.every((msg) => told().some((line) => line['msg'] === msg)), {
    what: 'the story',
    timeoutMs: 60_000,
  });
  const asked = told().find((line) => line['msg'] === 'request' && line['route'] === '/tasks');
  t.is(asked?.['requestId'], requestId);
  for (const ordinal of [0, 1]) {
    const own = told().filter((line) => line['taskId'] === taskId && line['ordinal'] === ordinal);
    const ran = own.filter(({ msg }) => msg === 'subtask attempt ended');
    t.is(ran.length, 1);
    t.like(ran[0], {
      name: 'standard-worker',
      run: 1,
      attempt: 1,
      outcome: 'succeeded',
      kind: 'http.request',
    });
    const recorded = own.filter(({ msg }) => msg === 'subtask recorded').at(-1);
    t.like(recorded, { name: 'task-intake', run: 1, attempt: 1, state: 'succeeded' });
  }

  const shipped = () =>
    system.elasticsearch.requests
      .flatMap(({ body }) => linesOf(body))
      .filter((document) => document['trace.id'] === caller.traceId);
  await until(() => story.every((msg) => shipped().some(({ message }) => message === msg)), {
    what: 'the story in Elasticsearch',
    timeoutMs: 60_000,
  });
  const files = await readdir(system.logDir);
  t.deepEqual(
    files.toSorted((a, b) => a.localeCompare(b)),
    [...services, 'lumina-worker-0', 'standard-worker-0']
      .map((name) => `${name}.log`)
      .toSorted((a, b) => a.localeCompare(b)),
  );
  t.true((await readFile(join(system.logDir, 'task-intake.log'), 'utf8')).includes(caller.traceId));
  const everything = [...system.processes.values()].map(({ output }) => output).join('');
  t.false(everything.includes(system.admin.password), 'no password in any log');
});

test('one trace leads from the caller over gateway, task-intake and worker to the call the subtask makes', async (t) => {
  const calls = target.requests.filter(({ path }) => path !== '/gone');
  t.is(calls.length, 2);
  for (const { headers } of calls) {
    const [, traceId, spanId = ''] = String(headers['traceparent']).split('-');
    t.is(traceId, caller.traceId);
    const way = [
      'gateway: POST /tasks',
      'gateway: task-intake/tasks.create',
      'task-intake: task-intake/tasks.create',
      'task-intake: dispatch standard',
      'standard-worker: http.request',
      'standard-worker: POST',
    ];
    await until(() => pathTo(spansSent(system.collector), spanId).length >= way.length, {
      what: 'the spans of the way',
      timeoutMs: 60_000,
    });
    t.deepEqual(pathTo(spansSent(system.collector), spanId), way);
  }
  const first = spansSent(system.collector).find(
    ({ name, traceId }) => name === 'POST /tasks' && traceId === caller.traceId,
  );
  t.is(first?.parentSpanId, caller.spanId);
  const drawers = () =>
    new Set(
      spansSent(system.collector).flatMap(({ name, service }) =>
        name === 'engine builtin' ? [service] : [],
      ),
    );
  await until(() => drawers().size === 2, { what: 'a span of the engine on either lane', timeoutMs: 60_000 });
});

test('a defect is an event with its release, trace and trail; refusals and failing URLs are none', async (t) => {
  const defects = () =>
    sentryEvents(tracker).filter(({ exception }) => exception.values[0]?.type === 'TypeError');
  await until(() => defects().length > 0, { what: 'the event', timeoutMs: 60_000 });
  const [event] = defects();
  t.like(event, { release: '4.5.6', environment: 'test', server_name: 'standard-worker' });
  t.is(event?.tags['trace_id'], caller.traceId);
  t.true(event?.breadcrumbs?.some(({ message }) => message === 'ready'));
  t.is(defects().length, 1);
  const types = sentryEvents(tracker).flatMap(({ exception }) => exception.values.map(({ type }) => type));
  for (const expected of ['DomainError', 'SubtaskFailure', 'HttpError'])
    t.false(types.includes(expected), expected);
  t.notRegex(tracker.requests.map(({ body }) => body).join(''), /hunter2/);
});
