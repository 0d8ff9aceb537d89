import { createServer, type RequestListener } from 'node:http';
import type { AddressInfo } from 'node:net';
import { httpRequestInputSchema, type Json, type StoredArtifact } from '@backend2/contracts';
import { isPublicAddress, silentLog } from '@backend2/service-kit';
import { PermanentError } from '@backend2/streams';
import { resolveName } from '@backend2/testkit';
import test, { type ExecutionContext } from 'ava';
import { httpRequest } from '../src/handlers/http-request.ts';
import { SubtaskFailure } from '../src/subtask-failure.ts';

const serve = async (t: ExecutionContext, listener: RequestListener) => {
  const server = createServer(listener).listen(0, '127.0.0.1');
  await new Promise((resolve) => server.once('listening', resolve));
  t.teardown(() => void server.close());
  const host = `127.0.0.1:${(server.address() as AddressInfo).port}`;
  const saved: Uint8Array[] = [];
  const run = (input: object, options = {}, signal = new AbortController().signal): Promise<Json> =>
    httpRequest({ privateHosts: [host], ...options }).run(
      httpRequestInputSchema.parse({ url: `http://${host}/`, ...input }),
      {
        signal,
        log: silentLog(),
        taskId: '',
        ordinal: 0,
        run: 1,
        attempt: 1,
        progress: () => undefined,
        saveArtifact: async ({ bytes }) => {
          saved.push(bytes);
          return { id: 'kept' } as StoredArtifact;
        },
      },
    );
  return { host, run, saved };
};

test('a JSON answer becomes the result, and a JSON body is sent as such', async (t) => {
  const { run } = await serve(t, (request, response) => {
    const parts: Buffer[] = [];
    request.on('data', (part: Buffer) => parts.push(part));
    request.on('end', () => {
      response.setHeader('content-type', 'application/json');
      response.end(
        JSON.stringify({
          method: request.method,
          type: request.headers['content-type'],
          got: Buffer.concat(parts).toString(),
        }),
      );
    });
  });
  const result = (await run({ method: 'POST', body: { a: 1 } })) as { status: number; body: Json };
  t.is(result.status, 200);
  t.deepEqual(result.body, { method: 'POST', type: 'application/json', got: '{"a":1}' });
});

test('content that is neither JSON nor text is kept as an artifact', async (t) => {
  const { run, saved } = await serve(t, (_request, response) => {
    response.setHeader('content-type', 'application/pdf');
    response.end('%PDF');
  });
  t.deepEqual(((await run({})) as { body: Json }).body, { artifact: 'kept' });
  t.is(Buffer.concat(saved).toString(), '%PDF');
});

test('a JSON answer that is long for a result is kept as an artifact', async (t) => {
  const { run, saved } = await serve(t, (_request, response) => {
    response.setHeader('content-type', 'application/json');
    // Short on the way, and six times as long where it is written as JSON.
    response.end(JSON.stringify('\u0001'.repeat(10_000)));
  });
  t.deepEqual(((await run({})) as { body: Json }).body, { artifact: 'kept' });
  t.is(JSON.parse(Buffer.concat(saved).toString()), '\u0001'.repeat(10_000));
});

test('a status says whether another attempt may help, and Retry-After when', async (t) => {
  const { run } = await serve(t, (request, response) => {
    response.statusCode = Number(request.headers['x-status']);
    response.setHeader('retry-after', '7');
    response.setHeader('location', 'http://169.254.169.254/');
    response.end();
  });
  for (const [status, permanent] of [
    [404, true],
    [301, true],
    [429, false],
    [503, false],
  ] as const) {
    const error = await t.throwsAsync(run({ headers: { 'x-status': String(status) } }), {
      instanceOf: SubtaskFailure,
    });
    t.is(error.permanent, permanent, String(status));
    if (!permanent) t.is(error.retryAfterMs, 7000);
  }
});

test('an answer past the limit is refused before it is held whole', async (t) => {
  const { run } = await serve(t, (_request, response) => {
    const more = () => {
      while (response.write('x'.repeat(65_536)));
    };
    response.on('drain', more);
    more();
  });
  await t.throwsAsync(run({}, { maxBytes: 200_000 }), { instanceOf: PermanentError, message: /longer than/ });
});

test('private hosts are refused by address, by name and in every notation unless listed', async (t) => {
  const { run, host } = await serve(t, (_request, response) => response.end('secret'));
  const port = host.split(':')[1];
  for (const name of [
    '127.0.0.1',
    'localhost',
    '2130706433',
    '0x7f.1',
    '[::1]',
    '[::ffff:127.0.0.1]',
    '0.0.0.0',
  ]) {
    await t.throwsAsync(
      run({ url: `http://${name}:${port}/` }, { privateHosts: [] }),
      { instanceOf: PermanentError, message: /private or reserved/ },
      name,
    );
  }
  await t.throwsAsync(run({ headers: { Host: 'other' } }), { message: /"Host" cannot be set/ });
});

test('only addresses of the public internet count as public', (t) => {
  for (const address of ['8.8.8.8', '1.1.1.1', '2606:4700:4700::1111'])
    t.true(isPublicAddress(address), address);
  for (const address of [
    '10.1.2.3',
    '172.31.0.1',
    '192.168.1.1',
    '169.254.169.254',
    '100.64.0.1',
    '0.0.0.0',
    '255.255.255.255',
    '224.0.0.1',
    '::1',
    '::',
    'fe80::1',
    'fc00::1',
    'ff02::1',
    '::ffff:8.8.8.8',
    '64:ff9b::a00:1',
    '2002:a00:1::',
    '2001:db8::1',
    'localhost',
  ]) {
    t.false(isPublicAddress(address), address);
  }
});

test('a server that is not there is tried again and is no defect', async (t) => {
  const { run } = await serve(t, (_request, response) => response.destroy());
  const failure = await t.throwsAsync(run({}), { instanceOf: SubtaskFailure });
  t.is(failure.code, 'http_unreachable');
  t.false(failure.permanent);
});

test.serial(
  'a name that was public when it was looked at is not connected to where it is private by then',
  async (t) => {
    let reached = 0;
    const { run, host } = await serve(t, (_request, response) => {
      reached += 1;
      response.end('secret');
    });
    const name = 'rebound.example.org';
    // The first of them is nobody's, and is given up where packets to it vanish.
    resolveName(t, name, ['2d00::1', '127.0.0.1']);
    const ask = (signal?: AbortSignal) =>
      run({ url: `http://${name}:${host.split(':')[1]}/` }, { privateHosts: [] }, signal);
    const elsewhere = await t.throwsAsync(ask(AbortSignal.timeout(3000)));
    t.false(elsewhere instanceof PermanentError, 'what is public may be connected to');
    await t.throwsAsync(ask(), { instanceOf: PermanentError, message: /private or reserved/ });
    t.is(reached, 0);
  },
);
