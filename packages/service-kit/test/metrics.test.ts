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

test('a label from outside cannot grow without bound', (t) => {
  const label = closedLabel(2);
  t.deepEqual(['a', 'b', 'c', 'a', 'not a name!'].map(label), ['a', 'b', 'other', 'a', 'other']);
});
