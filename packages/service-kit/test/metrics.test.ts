import { createStreams, type Topic } from '@backend2/streams';
import { until, useRedis } from '@backend2/testkit';
import test from 'ava';
import { closedLabel, createMetrics, streamsObserver } from '../src/index.ts';

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
