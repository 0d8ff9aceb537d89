import { rpcContract } from '@backend2/contracts';
import { httpSink, until } from '@backend2/testkit';
import test from 'ava';
import { z } from 'zod';
import { otlpRecorder } from '../src/tracing/otlp-recorder.ts';
import { currentTrace, inSpan, partsOfTrace, recordSpans } from '../src/index.ts';
import { servedContract } from './served-contract.ts';

interface SentSpan {
  readonly traceId: string;
  readonly spanId: string;
  readonly parentSpanId?: string;
  readonly name: string;
  readonly kind: number;
  readonly status: { readonly code?: number; readonly message?: string };
}

const spansOf = (body: string): SentSpan[] =>
  (JSON.parse(body) as { resourceSpans: { scopeSpans: { spans: SentSpan[] }[] }[] }).resourceSpans.flatMap(
    ({ scopeSpans }) => scopeSpans.flatMap(({ spans }) => spans),
  );

const recorderTo = (
  endpoint: string,
  more: { readonly onDropped?: (count: number) => void; readonly mostWaiting?: number } = {},
  headers: readonly string[] = [],
) =>
  otlpRecorder({
    service: 'test',
    version: '1',
    instance: 'i',
    environment: 'e',
    config: { endpoint, headers: [...headers], sampleRatio: 1 },
    onDropped: () => undefined,
    ...more,
  });

const caller = '00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01';

test.serial('where nobody takes spans the trace is carried on all the same', async (t) => {
  const inner = await inSpan('work', { parent: caller }, () =>
    inSpan('within', {}, async () => currentTrace()),
  );
  t.is(inner, caller);
  for (const parent of [undefined, 'no trace', caller.replace(/0af\w+/, '0'.repeat(32))]) {
    const begun = await inSpan('work', { parent }, async () => currentTrace());
    t.truthy(partsOfTrace(begun));
    t.not(begun, parent);
  }
  t.is(currentTrace(), undefined);
});

test.serial(
  'spans reach a collector as one trace, an error with its text and without its secrets',
  async (t) => {
    const server = await httpSink(t, () => ({ status: 200, body: {} }));
    let dropped = 0;
    const spans = recorderTo(server.url, { onDropped: (count) => (dropped += count) }, [
      'authorization=Bearer%20abc',
    ]);
    recordSpans(spans.record);
    t.teardown(() => recordSpans(undefined));
    await t.throwsAsync(
      inSpan('outer', { parent: caller }, () =>
        inSpan('inner', {}, async () => {
          throw new Error('token=hunter2 was refused');
        }),
      ),
    );
    const unsampled = caller.replace(/01$/, '00');
    await inSpan('unwanted', { parent: unsampled }, async ({ traceparent }) => t.regex(traceparent, /-00$/));
    await until(() => server.requests.length > 0, { what: 'the spans' });
    await spans.close();
    const sent = server.requests.flatMap(({ body }) => spansOf(body));
    const [inner, outer] = ['inner', 'outer'].map((name) => sent.find((span) => span.name === name));
    t.is(sent.length, 2, 'what the caller does not want sampled is not sent');
    t.is(server.requests[0]?.path, '/v1/traces');
    t.is(server.requests[0]?.headers['authorization'], 'Bearer abc');
    t.is(outer?.traceId, '0af7651916cd43dd8448eb211c80319c');
    t.is(outer?.parentSpanId, 'b7ad6b7169203331');
    t.is(inner?.parentSpanId, outer?.spanId);
    t.is(inner?.status.code, 2);
    t.notRegex(JSON.stringify(sent), /hunter2/);
    t.is(dropped, 0);
  },
);

test.serial('spans that do not fit while the collector is busy are dropped and counted', async (t) => {
  const server = await httpSink(t, () => ({ status: 200, body: {} }));
  let dropped = 0;
  const spans = recorderTo(server.url, { mostWaiting: 10, onDropped: (count) => (dropped += count) });
  for (let n = 0; n < 50; n += 1) spans.record(`span ${n}`, {}).end();
  await spans.close();
  const sent = server.requests.flatMap(({ body }) => spansOf(body)).length;
  t.true(dropped > 0);
  t.is(sent + dropped, 50);
});

test.serial('spans a collector does not take are counted', async (t) => {
  const server = await httpSink(t, () => ({ status: 400 }));
  let dropped = 0;
  const spans = recorderTo(server.url, { onDropped: (count) => (dropped += count) });
  recordSpans(spans.record);
  t.teardown(() => recordSpans(undefined));
  await inSpan('lost', {}, async () => undefined);
  await spans.close();
  t.is(dropped, 1);
});

test.serial(
  'a trace goes into a call with its caller’s span and comes out as that of its server',
  async (t) => {
    const collector = await httpSink(t, () => ({ status: 200, body: {} }));
    const spans = recorderTo(collector.url);
    recordSpans(spans.record);
    t.teardown(() => recordSpans(undefined));
    const contract = rpcContract('rpc:traced', {
      trace: { request: z.object({}), response: z.object({ seen: z.string().optional() }) },
    });
    const client = await servedContract(t, contract, {
      handlers: { trace: async () => ({ seen: currentTrace() }) },
    });

    const { seen } = await inSpan('request', { parent: caller }, () => client.call('trace', {}));
    await spans.close();
    const sent = collector.requests.flatMap(({ body }) => spansOf(body));
    t.is(sent.length, 3);
    t.deepEqual(new Set(sent.map(({ traceId }) => traceId)), new Set(['0af7651916cd43dd8448eb211c80319c']));
    const request = sent.find(({ name }) => name === 'request');
    const [asked, answered] = [3, 2].map((kind) => sent.find((span) => span.kind === kind));
    t.like(asked, { name: 'traced/trace', parentSpanId: request?.spanId });
    t.like(answered, { name: 'traced/trace', parentSpanId: asked?.spanId });
    t.is(partsOfTrace(seen)?.spanId, answered?.spanId, 'what the handler does belongs to its span');
  },
);
