import { httpSink, until, type SinkRequest } from '@backend2/testkit';
import test from 'ava';
import { elasticsearchDestination } from '../src/log/elasticsearch-destination.ts';
import { logEntry } from '../src/log/log-destination.ts';

const entry = (n: number, more: object = {}) =>
  logEntry({
    name: 'test',
    hostname: 'h',
    pid: 1,
    level: 30,
    time: '2026-01-02T03:04:05.678Z',
    msg: `event ${n}`,
    n,
    ...more,
  });

const documentsOf = ({ body }: SinkRequest): Record<string, unknown>[] =>
  body
    .split('\n')
    .filter((_, index) => index % 2 === 1)
    .map((line) => JSON.parse(line) as Record<string, unknown>);

const taken = (
  request: SinkRequest,
  statusOf: (document: Record<string, unknown>) => number = () => 201,
) => ({
  status: 200,
  body: { items: documentsOf(request).map((document) => ({ create: { status: statusOf(document) } })) },
});

const shipper = (url: string, options: { buffer?: number; apiKey?: string } = {}) => {
  const seen = { dropped: 0, troubles: [] as string[], recovered: 0 };
  const destination = elasticsearchDestination({
    url,
    index: 'logs-test',
    apiKey: options.apiKey ?? '',
    buffer: options.buffer ?? 1000,
    pauseMs: 10,
    onDropped: (lines) => (seen.dropped += lines),
    onTrouble: (why) => seen.troubles.push(why),
    onRecovered: () => (seen.recovered += 1),
  });
  return { destination, seen };
};

test('events arrive by the bulk API as documents of the common schema', async (t) => {
  const server = await httpSink(t, (request) => taken(request));
  const { destination, seen } = shipper(server.url.replace('//', '//elastic:pass%20word@'));
  destination.write(entry(1, { traceId: 'a'.repeat(32), err: { name: 'Error', message: 'no', code: 7 } }));
  await until(() => server.requests.length === 1, { what: 'a bulk request' });
  const [request] = server.requests;
  t.is(request?.path, '/logs-test/_bulk');
  t.is(request?.headers['authorization'], `Basic ${Buffer.from('elastic:pass word').toString('base64')}`);
  t.deepEqual(documentsOf(request as SinkRequest), [
    {
      '@timestamp': '2026-01-02T03:04:05.678Z',
      'ecs.version': '8.17.0',
      message: 'event 1',
      'log.level': 'info',
      'service.name': 'test',
      'host.hostname': 'h',
      'process.pid': 1,
      'trace.id': 'a'.repeat(32),
      'error.type': 'Error',
      'error.message': 'no',
      'error.code': '7',
      backend2: { n: 1 },
    },
  ]);
  await destination.close();
  t.deepEqual(seen, { dropped: 0, troubles: [], recovered: 0 });
});

test('what an overloaded server puts off is sent again, what it refuses for good is counted', async (t) => {
  let asked = 0;
  const stored: string[] = [];
  const server = await httpSink(t, (request) => {
    asked += 1;
    if (asked === 1) return { status: 429 };
    const busy = asked === 2;
    const answer = taken(request, ({ message }) =>
      message === 'event 3' ? 400 : busy && message === 'event 2' ? 429 : 201,
    );
    documentsOf(request).forEach(({ message }, index) => {
      if (answer.body.items[index]?.create.status === 201) stored.push(String(message));
    });
    return answer;
  });
  const { destination, seen } = shipper(server.url, { apiKey: 'key==' });
  for (const n of [1, 2, 3]) destination.write(entry(n));
  await until(() => stored.length === 2, { what: 'both documents stored' });
  t.deepEqual(
    stored.toSorted((a, b) => a.localeCompare(b)),
    ['event 1', 'event 2'],
  );
  t.is(server.requests[0]?.headers['authorization'], 'ApiKey key==');
  t.is(seen.dropped, 1);
  t.deepEqual(seen.troubles, ['Elasticsearch answered 429']);
  await until(() => seen.recovered === 1, { what: 'the recovery' });
  await destination.close();
});

test('while the server is away events wait in a bounded buffer, and reach it when it is back', async (t) => {
  const gone = await httpSink(t, (request) => taken(request));
  await gone.close();
  const { destination, seen } = shipper(gone.url, { buffer: 5 });
  for (let n = 0; n < 12; n += 1) destination.write(entry(n));
  t.is(seen.dropped, 7, 'what does not fit is dropped at once, without waiting');
  await until(() => seen.troubles.length === 1, { what: 'the trouble' });
  const back = await httpSink(t, (request) => taken(request), gone.port);
  await until(() => back.requests.length > 0, { what: 'the events' });
  t.deepEqual(
    back.requests.flatMap(documentsOf).map(({ message }) => message),
    [0, 1, 2, 3, 4].map((n) => `event ${n}`),
  );
  await until(() => seen.recovered === 1, { what: 'the recovery' });
  await destination.close();
  t.is(seen.dropped, 7);
});

test('a stop hands on what is held back, and counts what nobody takes', async (t) => {
  const server = await httpSink(t, (request) => taken(request));
  const held = shipper(server.url);
  held.destination.write(entry(1));
  await held.destination.close();
  t.is(server.requests.length, 1);
  t.is(held.seen.dropped, 0);
  await server.close();
  const lost = shipper(server.url);
  lost.destination.write(entry(1));
  await lost.destination.close();
  t.is(lost.seen.dropped, 1);
});
