import { once } from 'node:events';
import { type AddressInfo, createServer } from 'node:net';
import { startOwnRedis, useRedis } from '@backend2/testkit';
import test from 'ava';
import { Redis } from 'ioredis';
import { checkGivenRedis } from '../check-given-redis.ts';

test('a Redis that can be used is let through and left as it was', async (t) => {
  const { url, client } = await useRedis(t);
  await t.notThrowsAsync(checkGivenRedis(url));
  t.is(await client.dbsize(), 0);
});

test('a REDIS_URL that is no URL of a Redis is shown what one looks like', async (t) => {
  for (const url of ['127.0.0.1:6379', 'http://127.0.0.1:6379', 'redis://:6379:6379']) {
    await t.throwsAsync(checkGivenRedis(url), {
      name: 'StackError',
      message: 'REDIS_URL must be a URL such as redis://127.0.0.1:6379.',
    });
  }
});

test('a Redis that is too old is named with its version and the ways out', async (t) => {
  const info = '# Server\r\nredis_version:6.0.16\r\n';
  const answer = (command: string) =>
    /\binfo\r\n/i.test(command) ? `$${info.length}\r\n${info}\r\n` : '+OK\r\n';
  const server = createServer((socket) =>
    socket
      .on('error', () => undefined)
      .on('data', (sent) => {
        const several = sent.toString().split(/^\*\d+\r\n/m);
        for (const command of several.slice(1)) socket.write(answer(command));
      }),
  ).listen(0, '127.0.0.1');
  await once(server, 'listening');
  t.teardown(() => void server.close());
  const { port } = server.address() as AddressInfo;
  await t.throwsAsync(checkGivenRedis(`redis://127.0.0.1:${port}`), {
    name: 'StackError',
    message:
      `The Redis at 127.0.0.1:${port} (REDIS_URL) is 6.0.16; 6.2 or newer is needed: name such a one, ` +
      'or unset REDIS_URL to have one started here.',
  });
});

test('a replica, and a user who may only read, are not taken for a Redis that can be written', async (t) => {
  const primary = await startOwnRedis(t);
  const replica = await startOwnRedis(t, { settings: { replicaof: `127.0.0.1 ${primary.port}` } });
  const admin = new Redis(primary.url);
  t.teardown(() => admin.disconnect());
  await admin.acl('SETUSER', 'reader', 'on', '>hidden', '~*', '+@read', '+info');
  for (const [url, why] of [
    [replica.url, 'READONLY'],
    [`redis://reader:hidden@127.0.0.1:${primary.port}`, 'NOPERM'],
  ] as const) {
    const error = await t.throwsAsync(checkGivenRedis(url), { name: 'StackError' });
    t.regex(error.message, new RegExp(`cannot be written: ${why} .* Name its primary, with a user that may`));
    t.notRegex(error.message, /hidden/);
  }
});
