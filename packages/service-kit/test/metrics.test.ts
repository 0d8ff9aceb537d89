import { createStreams, type Topic } from '@backend2/streams';
import { until, useRedis } from '@backend2/testkit';
import test from 'ava';
import { AggregatorRegistry, type Registry } from 'prom-client';
import { closedLabel, createMetrics, streamsObserver, type Metrics } from '../src/index.ts';

test('what the stream engine does is counted by topic, group and outcome', async (t) => {
  const metrics = createMetrics('test');
  const observer = streamsObserver(metrics);
  observer.published('a', 3);
  observer.settled({ topic: 'a', group: 'g', outcome: 'done', waitMs: 20, runMs: 300 });
  observer.dead('a', 'g', 'attempts-exhausted');
  observer.published('rpc:replies:host-1', 1);
  observer.rpc({ server: 'rpc:auth', method: 'users.me', side: 'client', outcome: 'ok', ms: 4 });
  const text = await metrics.registry.metrics();
  t.regex(text, /backend2_stream_published_total\{topic="a",service="test"\} 3/);
  t.regex(text, /backend2_stream_settled_total\{topic="a",group="g",outcome="done",service="test"\} 1/);
  t.regex(text, /backend2_stream_run_seconds_sum\{[^}]*\} 0.3/);
  t.regex(text, /backend2_stream_dead_total\{[^}]*reason="attempts-exhausted"[^}]*\} 1/);
  t.regex(text, /backend2_rpc_seconds_count\{[^}]*method="users.me"[^}]*\} 1/);
  t.regex(text, /published_total\{topic="rpc:replies",/, 'reply streams share one label');
});

test('what is observed often is told as prom-client tells it, by text and in what processes hand each other', async (t) => {
  const values = [0, 0.5, 1, 1.5, 2, 7, 0.1];
  const [quick, known] = [createMetrics('test'), createMetrics('test')];
  const histogram = quick.seriesHistogram('h_seconds', 'Seconds', ['kind', 'how'], [0.5, 1, 2]);
  const theirs = known.histogram('h_seconds', 'Seconds', ['kind', 'how'], [0.5, 1, 2]);
  t.is(quick.seriesHistogram('h_seconds', 'Seconds', ['kind', 'how'], [0.5, 1, 2]), histogram);
  for (const kind of ['a', 'b'])
    for (const value of values) {
      // One series, however often it is asked for.
      histogram.series({ kind, how: 'ended' })(value);
      theirs.observe({ kind, how: 'ended' }, value);
    }
  // Labels come in no order that means anything.
  const lines = async (registry: Registry) =>
    (await registry.getSingleMetricAsString('h_seconds'))
      .split('\n')
      .map((line) => line.split(/[{,}]/).toSorted().join(' '))
      .toSorted();
  t.deepEqual(await lines(quick.registry), await lines(known.registry));
  const merged = async ({ registry }: Metrics) => {
    const one = (await registry.getMetricsAsJSON()).filter(({ name }) => name === 'h_seconds');
    return lines(AggregatorRegistry.aggregate([one, structuredClone(one)]));
  };
  t.deepEqual(await merged(quick), await merged(known));
});

test('what was settled counts once, however often it is asked for', async (t) => {
  const metrics = createMetrics('test');
  const observer = streamsObserver(metrics);
  const settle = (outcome: 'done' | 'retry') =>
    observer.settled({ topic: 'a', group: 'g', outcome, waitMs: 1, runMs: 1 });
  const told = async () => {
    const text = await metrics.registry.metrics();
    return [...text.matchAll(/^backend2_stream_settled_total\{.*outcome="(\w+)".*\} (\d+)$/gm)].map(
      ([, outcome, count]) => `${outcome} ${count}`,
    );
  };
  settle('done');
  settle('done');
  t.deepEqual(await told(), ['done 2']);
  t.deepEqual(await told(), ['done 2']);
  settle('done');
  settle('retry');
  t.deepEqual(await told(), ['done 3', 'retry 1']);
});

test('messages in hand are told by topic and group, for as long as their consumers are there', async (t) => {
  const { url } = await useRedis(t);
  const metrics = createMetrics('test');
  const streams = createStreams({
    connection: { kind: 'single', url },
    observer: streamsObserver(metrics),
  });
  await streams.start();
  t.teardown(() => streams.stop());
  const { promise: opened, resolve: open } = Promise.withResolvers<void>();
  t.teardown(open);
  const topic = (name: string): Topic<number> => ({ name, parse: Number });
  const consumers = ['jobs', 'jobs', 'results'].map((name) =>
    streams.consumer(topic(name), { group: `${name}-group`, concurrency: 2, handler: () => opened }),
  );
  for (const consumer of consumers) {
    await consumer.start();
    t.teardown(() => consumer.stop(AbortSignal.abort()));
  }
  await streams.publisher(topic('jobs')).publishMany([1, 2, 3].map((payload) => ({ payload })));
  await streams.publisher(topic('results')).publish(4);
  const inHand = async (): Promise<Record<string, number>> => {
    const text = await metrics.registry.metrics();
    const lines = text.matchAll(/^backend2_stream_in_flight\{topic="(\w+)",group="([\w-]+)",.*\} (\d+)$/gm);
    return Object.fromEntries([...lines].map(([, of, group, count]) => [`${of}/${group}`, Number(count)]));
  };
  const all = (): number => consumers.reduce((sum, { inFlight }) => sum + inFlight, 0);
  await until(() => all() === 4, { what: 'all four in hand' });
  t.deepEqual(await inHand(), { 'jobs/jobs-group': 3, 'results/results-group': 1 });
  open();
  await until(() => all() === 0, { what: 'all four settled' });
  t.deepEqual(await inHand(), { 'jobs/jobs-group': 0, 'results/results-group': 0 });
  for (const consumer of consumers) await consumer.stop();
  t.deepEqual(await inHand(), {});
});

test('a label from outside cannot grow without bound', (t) => {
  const label = closedLabel(2);
  t.deepEqual(['a', 'b', 'c', 'a', 'not a name!'].map(label), ['a', 'b', 'other', 'a', 'other']);
});
