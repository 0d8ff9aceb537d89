import { services, type Heartbeat, type ServiceName } from '@backend2/contracts';
import test from 'ava';
import { finding, type Finding } from '../src/domain/finding.ts';
import { rollCall } from '../src/domain/roll-call.ts';
import { serviceFindings } from '../src/domain/service-findings.ts';
import { streamFindings, type StreamView } from '../src/domain/stream-findings.ts';
import { gist, verdict } from '../src/domain/verdict.ts';

const staleMs = 9000;
const at = new Date(0);

const beat = (service: ServiceName, instance: string, parts: Partial<Heartbeat> = {}): Heartbeat => ({
  service,
  instance,
  host: 'h',
  pid: 1,
  version: 'v',
  state: 'ready',
  startedAt: 0,
  at: 0,
  checks: [],
  ...parts,
});

/** All six services, one process each, listened to for long. */
const system = () => {
  let now = 1_000_000;
  const roll = rollCall(staleMs);
  const hear = (service: ServiceName, instance = `${service}-1`, parts: Partial<Heartbeat> = {}) =>
    roll.hear(beat(service, instance, parts), now);
  const hearAll = (but?: ServiceName) => {
    for (const service of services) if (service !== but) hear(service);
  };
  roll.listenFrom(0);
  hearAll();
  return {
    roll,
    hear,
    hearAll,
    pass: (ms: number) => {
      now += ms;
    },
    now: () => now,
    view: (others: Finding[] = []) => verdict([...serviceFindings(roll, now, at), ...others], 'v'),
  };
};

test('the system passes while every service has a working process', (t) => {
  const view = system().view();
  t.is(view.status, 'pass');
  t.is(view.output, undefined);
});

for (const service of services) {
  test(`silence of the only ${service} fails the system, and its return mends it`, (t) => {
    const { pass, hearAll, view } = system();
    pass(staleMs + 1);
    hearAll(service);
    t.is(view().status, 'fail');
    t.regex(view().output ?? '', new RegExp(`^${service}:processes: it fell silent$`));
    hearAll();
    t.is(view().status, 'pass');
  });
}

test('a silent process beside a working one of its service is a warning for a minute, then forgotten', (t) => {
  const { hear, hearAll, pass, view } = system();
  hear('gateway', 'gateway-2');
  pass(staleMs + 1);
  hearAll();
  t.is(view().status, 'warn');
  pass(60_000);
  hearAll();
  t.is(view().status, 'pass');
});

test('a silent process is forgotten once another that came after it has been heard for as long, one for each', (t) => {
  const { hear, hearAll, pass, view } = system();
  hear('gateway', 'gateway-2');
  hear('gateway', 'gateway-3');
  pass(3000);
  hear('gateway', 'gateway-4');
  const silentAfter = (ms: number, newcomers: readonly string[]): number => {
    pass(ms);
    hearAll();
    for (const newcomer of newcomers) hear('gateway', newcomer);
    const checks = view().checks['gateway:processes'] ?? [];
    return checks.filter(({ output }) => output === 'it fell silent').length;
  };
  t.is(silentAfter(6001, ['gateway-4']), 2, 'what came a moment ago may go as soon');
  t.is(silentAfter(3000, ['gateway-4', 'gateway-5']), 1);
  t.is(silentAfter(5000, ['gateway-4', 'gateway-5']), 1);
  t.is(silentAfter(4001, ['gateway-4', 'gateway-5']), 0);
  t.is(view().status, 'pass');
});

test('a process that said it stops is gone at once', (t) => {
  const { hear, view } = system();
  hear('lumina-worker', 'lumina-worker-1', { state: 'stopped' });
  t.is(view().status, 'fail');
  t.is(view().checks['lumina-worker:processes']?.[0]?.output, 'no lumina-worker is running');
});

test('a process that finds a dependency failing is named with what it found, and fails its service if it is alone', (t) => {
  const { hear, view } = system();
  hear('auth', 'auth-1', { checks: [{ name: 'postgres', status: 'fail', output: 'refused' }] });
  t.like(view().checks['auth:processes']?.[0], {
    componentId: 'auth-1',
    status: 'fail',
    output: 'postgres: refused',
  });
  hear('auth', 'auth-2');
  t.is(view().status, 'warn');
});

test('a process that only warns of a dependency still works', (t) => {
  const { hear, view } = system();
  hear('auth', 'auth-1', { checks: [{ name: 'sentry', status: 'warn' }] });
  t.is(view().status, 'warn');
});

test('a service whose processes are all draining fails', (t) => {
  const { hear, view } = system();
  hear('gateway', 'gateway-1', { state: 'draining' });
  t.is(view().status, 'fail');
});

test('right after listening began, or began again, silence is a warning and no failure', (t) => {
  const roll = rollCall(staleMs);
  roll.listenFrom(0);
  const status = (now: number) => verdict(serviceFindings(roll, now, at), 'v').status;
  t.is(status(staleMs), 'warn');
  t.is(status(staleMs + 1), 'fail');

  const { roll: known, pass, now, view } = system();
  pass(120_000);
  known.listenFrom(now());
  t.not(view().status, 'fail');
});

test('the system is as well as its worst component, and says which the worst is first', (t) => {
  const view = system().view([
    finding('postgres-standby:lag', 'warn', at, { output: 'left out' }),
    finding('redis:write', 'fail', at, { output: 'gone' }),
  ]);
  t.is(view.status, 'fail');
  t.is(view.output, 'redis:write: gone. postgres-standby:lag: left out');
});

test('a change of any status is news, a change of a number is not', (t) => {
  const view = (status: 'pass' | 'warn', observedValue: number) =>
    gist(verdict([finding('redis:write', status, at, { observedValue })], 'v'));
  t.is(view('pass', 1), view('pass', 2));
  t.not(view('pass', 1), view('warn', 1));
});

const stream = (parts: Partial<StreamView>): StreamView => ({
  topic: 'a',
  lag: 0,
  pending: 0,
  delayed: 0,
  dead: 0,
  oldestMs: 0,
  consumers: [],
  ...parts,
});
const statusOf = (view: StreamView, rule: Parameters<typeof streamFindings>[1]) =>
  verdict(streamFindings(view, rule, at), 'v').status;

test('a lane may hold any backlog and failed subtasks; results and requests may not wait long', (t) => {
  const busy = stream({ lag: 100_000, oldestMs: 3_600_000, dead: 5 });
  t.is(statusOf(busy, { deadIsFault: false }), 'pass');
  t.is(statusOf(stream({ oldestMs: 31_000 }), { lateMs: 30_000, deadIsFault: true }), 'warn');
  t.is(statusOf(stream({ dead: 1 }), { deadIsFault: true }), 'warn');
});

test('a consumer that fell silent counts as dead only with work in hand', (t) => {
  const consumer = (pending: number, idleMs: number) =>
    stream({ consumers: [{ name: 'c', pending, idleMs }] });
  t.is(statusOf(consumer(1, 61_000), { deadIsFault: false }), 'warn');
  t.is(statusOf(consumer(0, 61_000), { deadIsFault: false }), 'pass');
  t.is(statusOf(consumer(1, 59_000), { deadIsFault: false }), 'pass');
});
