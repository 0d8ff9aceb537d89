import { services, type Heartbeat, type ServiceName } from '@backend2/contracts';
import test from 'ava';
import { ProcessRegistry } from '../src/domain/process-registry.ts';
import { silentAfterMs, verdictOf, type ProbeResult } from '../src/domain/verdict.ts';

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

const system = () => {
  let now = 0;
  const registry = new ProcessRegistry(() => now);
  const beatAll = () => {
    for (const service of services) registry.hear(beat(service, `${service}-1`));
  };
  beatAll();
  return {
    registry,
    beatAll,
    pass: (ms: number) => {
      now += ms;
    },
    verdict: (probes: ProbeResult[] = []) =>
      verdictOf((service) => registry.of(service), probes, new Date(0)),
  };
};

test('the system passes while every service has a working process', (t) => {
  t.is(system().verdict().status, 'pass');
});

test('a service whose only process fell silent fails the system, and its return mends it', (t) => {
  const { registry, pass, verdict, beatAll } = system();
  pass(silentAfterMs + 1);
  for (const service of services) if (service !== 'auth') registry.hear(beat(service, `${service}-1`));
  const view = verdict();
  t.is(view.status, 'fail');
  t.is(view.output, 'not well: auth');
  beatAll();
  t.is(verdict().status, 'pass');
});

test('a silent process beside a working one of its service is a warning', (t) => {
  const { registry, pass, verdict, beatAll } = system();
  registry.hear(beat('gateway', 'gateway-2'));
  pass(silentAfterMs + 1);
  beatAll();
  t.is(verdict().status, 'warn');
});

test('a process that said it stops is gone at once', (t) => {
  const { registry, verdict } = system();
  registry.hear(beat('lumina-worker', 'lumina-worker-1', { state: 'stopped' }));
  const [check] = verdict().checks['lumina-worker:processes'] ?? [];
  t.is(check?.output, 'no lumina-worker is running');
});

test('a process that finds a dependency unwell is named with what it found', (t) => {
  const { registry, verdict } = system();
  registry.hear(
    beat('auth', 'auth-1', { checks: [{ name: 'postgres', status: 'fail', output: 'refused' }] }),
  );
  const [check] = verdict().checks['auth:processes'] ?? [];
  t.is(check?.status, 'fail');
  t.is(check?.output, 'postgres: refused');
});

test('a store that cannot be written fails the system, a standby away only warns', (t) => {
  t.is(system().verdict([{ name: 'redis:write', status: 'fail', output: 'gone' }]).status, 'fail');
  t.is(
    system().verdict([{ name: 'postgres-standby:lag', status: 'warn', output: 'refused' }]).status,
    'warn',
  );
});
