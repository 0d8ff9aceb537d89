import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import test, { type ExecutionContext } from 'ava';
import { supervise } from '../src/index.ts';
import { listensOn, scratch, until } from './fixtures/scratch.ts';

function service(t: ExecutionContext, mode = '', graceMs = 10_000) {
  const dir = scratch(t);
  const said: string[] = [];
  const supervised = supervise({
    name: 'fixture',
    script: fileURLToPath(new URL('fixtures/service.ts', import.meta.url)),
    env: { ...process.env, FIXTURE_MODE: mode },
    logFile: join(dir, 'service.log'),
    pidFile: join(dir, 'service.pid.json'),
    graceMs,
    say: (line) => said.push(line),
  });
  t.teardown(() => supervised.kill());
  return { supervised, said, dir };
}

test('a service that is killed is started again, and it is said', async (t) => {
  const { supervised, said } = service(t);
  await supervised.start();
  const first = supervised.pid;
  t.true(await listensOn(supervised.ports['http'] ?? 0));
  process.kill(first ?? 0, 'SIGKILL');
  await until('ready again', () => said.includes('fixture is running again'));
  t.not(supervised.pid, first);
  t.is(supervised.restarts, 1);
  t.regex(said[0] ?? '', /was ended by SIGKILL unexpectedly; starting it again in 0.25 s/);
});

test('a service that cannot start is not started again, and the end of its log is shown', async (t) => {
  const { supervised } = service(t, 'broken');
  await t.throwsAsync(supervised.start(), {
    message: /ended with status 3 before it was ready[\s\S]*FIXTURE_MODE: broken is refused/,
  });
  t.is(supervised.pid, undefined);
  t.is(supervised.restarts, 0);
});

test('a service that says why it cannot start is taken at its word', async (t) => {
  const { supervised } = service(t, 'refused');
  await t.throwsAsync(supervised.start(), { message: 'fixture could not start: The port is taken.' });
});

test('a stopped service stays stopped', async (t) => {
  const { supervised, said } = service(t);
  await supervised.start();
  await Promise.all([supervised.stop(), supervised.stop()]);
  t.is(supervised.pid, undefined);
  t.deepEqual(said, []);
});

test('a service that ignores the request to stop is killed after the grace', async (t) => {
  const { supervised, dir } = service(t, 'deaf', 300);
  await supervised.start();
  await supervised.stop();
  t.is(supervised.pid, undefined);
  t.regex(readFileSync(join(dir, 'service.log'), 'utf8'), /heard and ignored/);
});
