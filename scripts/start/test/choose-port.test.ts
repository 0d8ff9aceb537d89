import { existsSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { runProcess } from '@backend2/testkit';
import test from 'ava';

const setting = '/proc/sys/net/ipv4/ip_unprivileged_port_start';
const lowPortsAreKept = existsSync(setting) && Number(readFileSync(setting, 'utf8')) > 81;

(lowPortsAreKept ? test : test.skip)(
  'a port that this user may not have is not said to be taken, and the way out is named',
  async (t) => {
    const file = fileURLToPath(new URL('choose-port-unprivileged.ts', import.meta.url));
    const run = runProcess(t, file, { args: ['81'] });
    t.is((await run.exited).code, 0);
    t.is(
      run.output,
      'StackError: This user may not listen on port 81: choose one of 1024 or above with --port.',
    );
  },
);
