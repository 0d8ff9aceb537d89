import { once } from 'node:events';
import { createServer, type AddressInfo } from 'node:net';
import { fileURLToPath } from 'node:url';
import { runProcess, useRedis } from '@backend2/testkit';
import test from 'ava';

const main = fileURLToPath(new URL('../src/main.ts', import.meta.url));
const sentences = {
  PORT: (port: number) =>
    `Port ${port} on 127.0.0.1 is taken by another process. Stop it, or set PORT to a free port.`,
  OPS_PORT: (port: number) =>
    `The ops port 127.0.0.1:${port} cannot be used: another process listens there. Set OPS_PORT to a free port, or 0.`,
};

for (const [variable, sentence] of Object.entries(sentences)) {
  test(`where ${variable} is taken, the start ends with one sentence and no stack`, async (t) => {
    const holder = createServer().listen(0, '127.0.0.1');
    await once(holder, 'listening');
    t.teardown(() => void holder.close());
    const { port } = holder.address() as AddressInfo;
    const gateway = runProcess(t, main, {
      env: {
        REDIS_URL: (await useRedis(t)).url,
        SECRET_KEY: 'a secret of this test alone, and long enough',
        HOST: '127.0.0.1',
        PORT: '0',
        OPS_PORT: '0',
        DASHBOARD_DIR: '/nowhere',
        LOG_FORMAT: 'pretty',
        [variable]: String(port),
      },
    });
    t.is((await gateway.exited).code, 1);
    t.true(gateway.output.includes(`could not start\n${sentence(port)}\n`), gateway.output);
    t.notRegex(gateway.output, /\n\s+at /);
  });
}
