import { writeFileSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createLog, createMetrics } from '@backend2/service-kit';
import { until } from '@backend2/testkit';
import test from 'ava';
import { supervisor } from '../src/supervisor.ts';

test('a process that cannot even be started is tried again until it can', async (t) => {
  const folder = mkdtempSync(join(tmpdir(), 'backend2-supervisor-'));
  t.teardown(() => rmSync(folder, { recursive: true, force: true }));
  const module = join(folder, 'worker.mjs');
  writeFileSync(module, "process.on('message', () => undefined); process.send({ type: 'ready' });");
  const logged: string[] = [];
  const log = createLog('test', { level: 'INFO', format: 'json', debug: false }, [
    { write: (entry) => logged.push(JSON.stringify(entry)), close: () => Promise.resolve() },
  ]);
  const workers = supervisor({
    module,
    processes: 1,
    hungMs: 600_000,
    env: process.env,
    log,
    metrics: createMetrics('test'),
  });
  await workers.start();
  t.teardown(() => workers.stop(AbortSignal.abort()));

  const node = process.execPath;
  process.execPath = join(folder, 'gone');
  t.teardown(() => (process.execPath = node));
  workers.children[0]?.kill('SIGKILL');
  await until(() => logged.filter((line) => line.includes('ENOENT')).length >= 2);
  t.is(workers.ready, 0);
  process.execPath = node;
  await until(() => workers.ready === 1);
  t.is(workers.children.length, 1);
});
