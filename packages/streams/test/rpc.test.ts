import { inbox, until, useRedis } from '@backend2/testkit';
import test from 'ava';
import { RpcRemoteError, RpcTimeoutError, type RpcServerOptions } from '../src/index.ts';
import { encodeRequest } from '../src/rpc-wire.ts';
import { connectionsTo } from './support/connections-to.ts';
import { gate, openStreams, running } from './support/streams.ts';

const server = 'rpc:sums';
const options = (handler: RpcServerOptions['handler']): RpcServerOptions => ({
  name: server,
  group: 'g',
  handler,
});

test('many calls are in flight on one connection, and each gets its own answer', async (t) => {
  const { url, client: admin } = await useRedis(t);
  const streams = await openStreams(t, url);
  const serving = await openStreams(t, url);
  const { opened, open } = gate();
  let inHand = 0;
  await running(
    t,
    serving.rpcServer({
      ...options(async (_method, params) => {
        inHand++;
        await opened;
        return (params as number) * 2;
      }),
      concurrency: 300,
    }),
  );
  const before = await connectionsTo(admin, url);
  const client = await running(t, streams.rpcClient());
  const calls = Array.from({ length: 300 }, (_, n) =>
    client.call(server, 'double', n, { timeoutMs: 20_000 }),
  );
  await until(() => inHand === 300, { what: 'all calls in hand' });
  t.is(await connectionsTo(admin, url), before + 1, 'one for all replies');
  open();
  t.deepEqual(
    await Promise.all(calls),
    calls.map((_, n) => n * 2),
  );
});

test('an answer goes to the instance that asked', async (t) => {
  const { url, client: admin } = await useRedis(t);
  const streams = await openStreams(t, url);
  await running(t, streams.rpcServer(options(async (_method, params) => params)));
  const own = await openStreams(t, url);
  const [one, another] = await Promise.all([running(t, streams.rpcClient()), running(t, own.rpcClient())]);
  const answers = await Promise.all(
    Array.from({ length: 40 }, async (_, n) =>
      (n % 2 ? one : another).call(server, 'echo', { n }, { timeoutMs: 20_000 }),
    ),
  );
  t.deepEqual(
    answers,
    answers.map((_, n) => ({ n })),
  );
  t.is((await admin.keys('app:{rpc:replies:*')).length, 2, 'each has a stream of replies');
});

test("a call's deadline reaches its handler, and a call past it has no answer", async (t) => {
  const { url } = await useRedis(t);
  const observed: string[] = [];
  const streams = await openStreams(t, url, {
    observer: { rpc: ({ side, outcome }) => side === 'client' && observed.push(outcome) },
  });
  const reasons = inbox<string>('reason of an abort');
  await running(
    t,
    streams.rpcServer(
      options(async (_method, _params, { signal }) => {
        await new Promise<void>((resolve) =>
          signal.addEventListener('abort', () => resolve(), { once: true }),
        );
        reasons.push((signal.reason as Error).message);
        return 'too late';
      }),
    ),
  );
  const client = await running(t, streams.rpcClient());
  const error = await t.throwsAsync(client.call(server, 'slow', null, { timeoutMs: 3000 }), {
    instanceOf: RpcTimeoutError,
  });
  t.like(error, { server, method: 'slow' });
  t.is(await reasons.next(), 'The caller has given up.');
  t.deepEqual(observed, ['timeout']);
});

test('a request whose caller has given up is taken back, or dropped by the server that finds it', async (t) => {
  const { url, client: admin } = await useRedis(t);
  const streams = await openStreams(t, url);
  const client = await running(t, streams.rpcClient());
  await t.throwsAsync(client.call(server, 'nobody serves', null, { timeoutMs: 50 }), {
    instanceOf: RpcTimeoutError,
  });
  await until(async () => (await admin.xlen(`app:{${server}}`)) === 0, { what: 'the request taken back' });
  const abort = new AbortController();
  const call = client.call(server, 'nobody serves', null, { timeoutMs: 20_000, signal: abort.signal });
  await until(async () => (await admin.xlen(`app:{${server}}`)) === 1, { what: 'the request sent' });
  abort.abort(new Error('the user left'));
  await t.throwsAsync(call, { message: 'the user left' });
  await until(async () => (await admin.xlen(`app:{${server}}`)) === 0, { what: 'the request taken back' });

  // Its caller died, so nobody takes it back.
  const request = encodeRequest({
    method: 'orphan',
    params: null,
    replyTo: 'rpc:replies:dead',
    timeoutMs: 50,
  });
  const entryId = await admin.xadd(`app:{${server}}`, '*', 'm', `x\n${JSON.stringify(request)}`);
  await until(async () => {
    const [seconds, micros] = (await admin.time()) as unknown as [string, string];
    return Number(seconds) * 1000 + Number(micros) / 1000 > Number.parseInt(entryId!, 10) + 60;
  });
  const methods: string[] = [];
  await running(t, streams.rpcServer(options(async (method) => void methods.push(method))));
  await client.call(server, 'in time', null, { timeoutMs: 20_000 });
  t.deepEqual(methods, ['in time']);
  t.is(await admin.exists('app:{rpc:replies:dead}'), 0);
});

test('an error crosses with its meaning, and one that is nobody’s business as internal without its text', async (t) => {
  const { url } = await useRedis(t);
  const warnings: unknown[] = [];
  const streams = await openStreams(t, url, {
    onWarning: (_message, fields) => warnings.push(fields['error']),
  });
  class Refused extends Error {}
  await running(
    t,
    streams.rpcServer({
      ...options(async (method) => {
        if (method === 'refuse') throw new Refused('not yours');
        if (method === 'odd') return 10n;
        throw new Error('password=hunter2');
      }),
      encodeError: (error) =>
        error instanceof Refused
          ? { code: 'denied', message: error.message, kind: 'denied', details: { id: 7 } }
          : undefined,
    }),
  );
  const client = await running(t, streams.rpcClient());
  const call = (method: string) => client.call(server, method, null, { timeoutMs: 20_000 });
  const refused = await t.throwsAsync(call('refuse'), { instanceOf: RpcRemoteError, message: 'not yours' });
  t.like(refused, { code: 'denied', kind: 'denied', details: { id: 7 } });
  const broken = await t.throwsAsync(call('break'), { instanceOf: RpcRemoteError });
  t.is(broken.code, 'internal');
  t.notRegex(broken.message, /hunter2/);
  t.true(
    warnings.some((text) => String(text).includes('hunter2')),
    'the server’s own log has it',
  );
  const odd = await t.throwsAsync(call('odd'), { instanceOf: RpcRemoteError });
  t.is(odd.code, 'internal', 'a result that no JSON holds is the server’s failure');
  await t.throwsAsync(client.call(server, 'x', null, { timeoutMs: Number.NaN }), { message: /timeoutMs/ });
});

test('a server appends replies to reply streams and to no other, whatever a request says', async (t) => {
  const { url, client: admin } = await useRedis(t);
  const warnings = inbox<unknown>('warning');
  const streams = await openStreams(t, url, {
    onWarning: (_message, fields) => warnings.push(fields['error']),
  });
  let called = 0;
  await running(t, streams.rpcServer(options(async () => ++called)));
  const request = encodeRequest({ method: 'm', params: null, replyTo: 'standard_tasks', timeoutMs: 60_000 });
  await admin.xadd(`app:{${server}}`, '*', 'm', `x\n${JSON.stringify(request)}`);
  t.regex(String(await warnings.next()), /not the address of an RPC's replies/);
  await until(async () => (await admin.xlen(`app:{${server}}`)) === 0, { what: 'the request settled' });
  t.is(called, 0);
  t.is(await admin.exists('app:{standard_tasks}'), 0);
});

test('a stopping client waits for its calls and takes its reply stream away; the trace crosses', async (t) => {
  const { url, client: admin } = await useRedis(t);
  const streams = await openStreams(t, url);
  const { opened, open } = gate();
  const trace = '00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01';
  const traces = inbox<string | undefined>('trace');
  await running(
    t,
    streams.rpcServer(
      options(async (_method, _params, context) => {
        traces.push(context.trace);
        await opened;
        return 'answered';
      }),
    ),
  );
  const client = streams.rpcClient();
  await client.start();
  const call = client.call(server, 'm', null, { timeoutMs: 20_000, trace });
  t.is(await traces.next(), trace);
  const stopped = client.stop();
  await t.throwsAsync(client.call(server, 'm', null, { timeoutMs: 100 }), { message: /not running/ });
  open();
  t.is(await call, 'answered');
  await stopped;
  t.deepEqual(await admin.keys('*replies*'), []);
});

test('a call survives a flush that lost its reply stream’s past, and a restart of the script cache', async (t) => {
  const { url, client: admin } = await useRedis(t);
  const streams = await openStreams(t, url);
  await running(t, streams.rpcServer(options(async (_method, params) => params)));
  const client = await running(t, streams.rpcClient());
  for (let n = 0; n < 3; n++) {
    t.is(await client.call(server, 'echo', n, { timeoutMs: 20_000 }), n);
    await admin.flushdb();
    await admin.script('FLUSH');
    await until(async () => (await admin.exists(`app:{${server}}`)) === 1, { what: 'the group made again' });
  }
});
