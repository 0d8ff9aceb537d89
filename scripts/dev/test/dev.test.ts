import { chmodSync, mkdtempSync, rmSync, utimesSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { createClient } from '@backend2/client';
import { processesOf, runProcess, until } from '@backend2/testkit';
import test from 'ava';
import { serviceNames } from '../../start/service-plan.ts';

const root = fileURLToPath(new URL('../../..', import.meta.url));

test('pnpm dev brings up the whole stack, starts a changed service again, and ends in order', async (t) => {
  t.timeout(600_000);
  const data = mkdtempSync(join(tmpdir(), 'backend2-dev-'));
  chmodSync(data, 0o711);
  t.teardown(() => rmSync(data, { recursive: true, force: true }));
  const dev = runProcess(t, join(root, 'node_modules/pnpm/bin/pnpm.mjs'), {
    args: ['dev', '--', '--data', data, '--port', '0'],
    cwd: root,
    env: {
      REDIS_URL: '',
      DATABASE_URL: '',
      NODE_OPTIONS: '',
      STANDARD_WORKER_PROCESSES: '1',
      LUMINA_WORKER_PROCESSES: '1',
    },
    nodeArguments: [],
    ipc: false,
  });
  const [, email = '', password = ''] = await dev.line(/Admin (\S+), password (\S+) /, 240_000);
  const [, url = ''] = await dev.line(/will be at (http:\S+)/);
  const client = createClient({ baseUrl: url });
  const signIn = () =>
    client.auth.signIn(email, password).then(
      () => true,
      () => false,
    );
  await until(signIn, { timeoutMs: 120_000, what: 'signing in' });
  await until(async () => (await client.health()).status === 'pass', {
    timeoutMs: 120_000,
    what: 'a passing verdict',
  });

  const main = join(root, 'services/auth/src/main.ts');
  utimesSync(main, new Date(), new Date());
  await dev.line(/@backend2\/auth:dev: .*Restarting/);
  await until(signIn, { timeoutMs: 120_000, what: 'signing in at the service started again' });

  dev.kill('SIGINT');
  await dev.exited;
  for (const name of serviceNames) {
    t.regex(dev.output, new RegExp(`/${name}:dev: .* ${name} stopped end=clean`), 'the servers outlive it');
  }
  t.deepEqual(processesOf(data), []);
});
