import test from 'ava';
import { createMetrics, createReadiness, liveness, opsServer, startAll, type Service } from '../src/index.ts';

const recorded = (name: string, events: string[], failing = false): Service => ({
  name,
  start: async () => {
    events.push(`start ${name}`);
    if (failing) throw new Error(`${name} cannot start`);
  },
  stop: async () => void events.push(`stop ${name}`),
});

test('services stop in the reverse of the order they started in, once however often asked', async (t) => {
  const events: string[] = [];
  const stop = await startAll([recorded('a', events), recorded('b', events)]);
  await Promise.all([stop(AbortSignal.timeout(1000)), stop(AbortSignal.timeout(1000))]);
  t.deepEqual(events, ['start a', 'start b', 'stop b', 'stop a']);
});

test('a start that fails stops what had started', async (t) => {
  const events: string[] = [];
  await t.throwsAsync(startAll([recorded('a', events), recorded('b', events, true)]), {
    message: 'b cannot start',
  });
  t.deepEqual(events, ['start a', 'start b', 'stop a']);
});

test('the ops port tells readiness by state and checks, liveness by loops, and metrics', async (t) => {
  let broken = false;
  let idle = 0;
  const readiness = createReadiness([
    {
      name: 'redis',
      check: async () => {
        if (broken) throw new Error('refused');
      },
    },
  ]);
  const metrics = createMetrics('test');
  const ops = opsServer({
    port: 0,
    metrics,
    readiness,
    loops: () => [{ name: 'reader', idleMs: () => idle }],
  });
  await ops.start();
  t.teardown(() => ops.stop(AbortSignal.abort()));
  const status = async (path: string) => (await fetch(`http://127.0.0.1:${ops.port}${path}`)).status;
  t.is(await status('/readyz'), 503);
  readiness.enter('ready');
  t.is(await status('/readyz'), 200);
  broken = true;
  const unready = await fetch(`http://127.0.0.1:${ops.port}/readyz?verbose`);
  t.is(unready.status, 503);
  t.like(await unready.json(), { checks: [{ name: 'redis', status: 'fail', output: 'refused' }] });
  t.is(await status('/livez'), 200);
  idle = 31_000;
  t.is(await status('/livez'), 503);
  t.regex(await (await fetch(`http://127.0.0.1:${ops.port}/metrics`)).text(), /process_cpu/);
});

test('a loop counts as stuck only beyond its own patience', (t) => {
  t.true(liveness([{ name: 'slow', idleMs: () => 31_000, maxIdleMs: 60_000 }]).alive);
  t.deepEqual(liveness([{ name: 'quick', idleMs: () => 31_000 }]).stuck, [{ name: 'quick', idleMs: 31_000 }]);
});
