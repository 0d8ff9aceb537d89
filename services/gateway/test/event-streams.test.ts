import { readFile } from 'node:fs/promises';
import { connect, type Socket } from 'node:net';
import { apiKeyStart, control, taskEvents } from '@backend2/contracts';
import { until } from '@backend2/testkit';
import test, { type ExecutionContext } from 'ava';
import { gatewayProcess } from './gateway-process.ts';
import { ada, bob, changeOf, taskOf } from './samples.ts';
import { startGateway } from './start-gateway.ts';

const task = taskOf(ada);

interface RawStream {
  readonly socket: Socket;
  text: string;
}

/** An event stream over a bare socket: what it is sent, byte by byte, and no client's memory beside it. */
const open = (t: ExecutionContext, url: string, authorization: string): RawStream => {
  const { hostname, port } = new URL(url);
  const stream: RawStream = { socket: connect(Number(port), hostname), text: '' };
  t.teardown(() => void stream.socket.destroy());
  stream.socket.on('error', () => undefined); // a stream that is cut off may be reset
  stream.socket.setEncoding('latin1').on('data', (part: string) => (stream.text += part));
  stream.socket.write(`GET /api/v1/events HTTP/1.1\r\nhost: x\r\nauthorization: ${authorization}\r\n\r\n`);
  return stream;
};

test('a silent stream shows that it is alive', async (t) => {
  const gateway = await startGateway(t, { env: { EVENT_HEARTBEAT: '100ms' } });
  const stream = open(t, gateway.url, gateway.as(ada)['authorization'] ?? '');
  await until(() => stream.text.split(': still here\n\n').length > 3, { what: 'three beats' });
  t.regex(stream.text, /event: ready/);
});

test('an event stream ends when its token expires', async (t) => {
  const gateway = await startGateway(t);
  const issuedAt = Date.now() / 1000 - gateway.tokens.ttlSeconds + 3;
  const { token, claims } = gateway.tokens.sign({ userId: ada, role: 'user', sessionId: 's', issuedAt });
  const response = await fetch(`${gateway.url}/api/v1/events`, {
    headers: { authorization: `Bearer ${token}` },
  });
  t.is(response.status, 200);
  t.regex(await response.text(), /event: ready/);
  t.true(Date.now() / 1000 >= claims.expiresAt);
});

test('an event stream ends when the API key it was opened with is deleted', async (t) => {
  const apiKeyId = '0198b7a4-6f7e-7c3a-9a45-0000000000aa';
  const gateway = await startGateway(t, {
    auth: {
      'apiKeys.verify': async () => ({
        apiKeyId,
        userId: ada,
        role: 'user',
        scopes: ['read'],
        expiresAt: null,
      }),
    },
  });
  const stream = open(t, gateway.url, `Bearer ${apiKeyStart}${'k'.repeat(43)}`);
  await until(() => stream.text.includes('event: ready'), { what: 'ready' });
  await gateway.streams.broadcast(control).publish({ type: 'revoke', userId: ada, tokenId: apiKeyId });
  // The last chunk; the connection itself may be kept for a next request.
  await until(() => stream.text.endsWith('\r\n0\r\n\r\n'), { what: 'the end of the stream' });
  t.is(stream.text.split('event: ').length, 2);
});

test('whoever asks for the head of a stream gets it at once, and takes no stream', async (t) => {
  const gateway = await startGateway(t, {
    env: { MAX_EVENT_STREAMS: '1' },
    tasks: { 'tasks.get': async () => ({ ...task, input: {}, variables: [], axes: [] }) },
  });
  const headers = gateway.as(ada);
  for (const path of ['/events', `/tasks/${task.id}/events`, '/events']) {
    const response = await fetch(`${gateway.url}/api/v1${path}`, { method: 'HEAD', headers });
    t.is(response.status, 200);
    t.is(response.headers.get('content-type'), 'text/event-stream; charset=utf-8');
  }
});

test('one user cannot take every stream, and a full gateway says so', async (t) => {
  const gateway = await startGateway(t, {
    env: { MAX_EVENT_STREAMS: '3', MAX_EVENT_STREAMS_PER_USER: '2' },
  });
  const streamOf = async (userId: string): Promise<RawStream> => {
    const stream = open(t, gateway.url, gateway.as(userId)['authorization'] ?? '');
    await until(() => stream.text.includes('event: ready'));
    return stream;
  };
  const statusFor = async (userId: string): Promise<{ status: number; code: string }> => {
    const response = await fetch(`${gateway.url}/api/v1/events`, { headers: gateway.as(userId) });
    const { code } = (await response.json()) as { code: string };
    t.truthy(response.headers.get('retry-after'));
    return { status: response.status, code };
  };
  const first = await streamOf(ada);
  await streamOf(ada);
  t.deepEqual(await statusFor(ada), { status: 429, code: 'too_many_event_streams' });
  await streamOf(bob);
  t.deepEqual(await statusFor(bob), { status: 503, code: 'event_streams_full' });
  first.socket.destroy();
  await until(async () => {
    const stream = open(t, gateway.url, gateway.as(ada)['authorization'] ?? '');
    await until(() => stream.text.includes('\r\n\r\n'));
    return stream.text.includes('event: ready');
  });
});

/** Of another process, in bytes. */
const residentOf = async (pid: number): Promise<number> => {
  const status = await readFile(`/proc/${pid}/status`, 'utf8');
  return Number(/VmRSS:\s+(\d+)/.exec(status)?.[1]) * 1024;
};
/** In clock ticks of a hundredth of a second, user and system. */
const cpuMsOf = async (pid: number): Promise<number> => {
  const fields = (await readFile(`/proc/${pid}/stat`, 'utf8')).split(') ')[1]?.split(' ') ?? [];
  return (Number(fields[11]) + Number(fields[12])) * 10;
};

test('one gateway keeps 2,000 streams open in bounded memory, and each gets its own events and the common ones', async (t) => {
  const count = 2000;
  const gateway = await gatewayProcess(t, { MAX_EVENT_STREAMS_PER_USER: String(count) });
  const { pid } = await gateway.start();
  const broadcast = gateway.streams.broadcast(taskEvents);
  const userOf = (n: number): string => `0198b7a4-6f7e-7c3a-9a45-${String(n).padStart(12, '0')}`;
  // Half of them one user's, as many pages in front of one board; half of them each its own user's.
  const users = Array.from({ length: count }, (_, n) => (n < count / 2 ? ada : userOf(n)));
  const before = await residentOf(pid);
  const streams: RawStream[] = [];
  for (const userId of users) {
    const { token } = gateway.tokens.sign({ userId, role: 'user', sessionId: 's' });
    streams.push(open(t, gateway.url, `Bearer ${token}`));
    if (streams.length % 100 === 0)
      await until(() => streams.every(({ text }) => text.includes('event: ready')), { timeoutMs: 60_000 });
  }
  const perStream = (await residentOf(pid)) - before;

  const cpu = await cpuMsOf(pid);
  const common = 20;
  await broadcast.publishMany(Array.from({ length: common }, (_, n) => changeOf(task.id, ada, n)));
  await broadcast.publishMany(users.slice(count / 2).map((userId, n) => changeOf(task.id, userId, n)));
  const eventsIn = ({ text }: RawStream): number => text.split('event: subtasks').length - 1;
  await until(() => streams.every((stream, n) => eventsIn(stream) === (n < count / 2 ? common : 1)), {
    timeoutMs: 60_000,
    what: 'every stream its events',
  });
  const spent = (await cpuMsOf(pid)) - cpu;
  for (const [n, { text }] of streams.entries()) {
    const owners = new Set([...text.matchAll(/"ownerId":"([^"]+)"/g)].map(([, owner]) => owner));
    t.deepEqual([...owners], [users[n]]);
  }
  t.log(`${Math.round(perStream / count / 1024)} KiB a stream`);
  t.log(`${((spent * 1000) / (common * (count / 2) + count / 2)).toFixed(0)} µs of CPU an event and stream`);
  t.true(perStream < count * 128 * 1024, `${perStream} bytes`);
});
