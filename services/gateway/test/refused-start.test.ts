import { once } from 'node:events';
import { createServer, type AddressInfo } from 'node:net';
import { fileURLToPath } from 'node:url';
import { runProcess, useRedis } from '@backend2/testkit';
import test, { type ExecutionContext } from 'ava';

const main = fileURLToPath(new URL('../src/main.ts', import.meta.url));

const takenPort = async (t: ExecutionContext): Promise<number> => {
  const holder = createServer().listen(0, '127.0.0.1');
  await once(holder, 'listening');
  t.teardown(() => void holder.close());
  return (holder.address() as AddressInfo).port;
};

/** The start ends with this sentence and no stack. */
const refused = async (t: ExecutionContext, env: Record<string, string>, sentence: string) => {
  const gateway = runProcess(t, main, {
    env: {
      REDIS_URL: (await useRedis(t)).url,
      SECRET_KEY: 'a secret of this test alone, and long enough',
      HOST: '127.0.0.1',
      PORT: '0',
      OPS_PORT: '0',
      DASHBOARD_DIR: '/nowhere',
      LOG_FORMAT: 'pretty',
      ...env,
    },
  });
  t.is((await gateway.exited).code, 1);
  t.true(gateway.output.includes(`could not start\n${sentence}`), gateway.output);
  t.notRegex(gateway.output, /\n\s+at /);
};

test('a start that finds its port taken names it, with the way out', async (t) => {
  const port = await takenPort(t);
  const sentence = `Port ${port} on 127.0.0.1 is taken by another process. Stop it, or set PORT to a free port.\n`;
  await refused(t, { PORT: String(port) }, sentence);
});

test('a start that finds its ops port taken names it, with the way out', async (t) => {
  const port = await takenPort(t);
  const sentence = `The ops port 127.0.0.1:${port} cannot be used: another process listens there. Set OPS_PORT to a free port, or 0.\n`;
  await refused(t, { OPS_PORT: String(port) }, sentence);
});

test('a start without a certificate that can be used says which files, and what they are to be', async (t) => {
  const here = fileURLToPath(import.meta.url);
  const pair = (file: string) => ({ TLS_CERT_FILE: file, TLS_KEY_FILE: file });
  await refused(t, pair('/nowhere'), 'The certificate cannot be read: ENOENT');
  await refused(t, pair(here), `${here} and ${here} are no certificate and its key: `);
});
