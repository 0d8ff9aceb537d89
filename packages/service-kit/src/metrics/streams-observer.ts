import type { Observer } from '@backend2/streams';
import { closedLabel } from './closed-label.ts';
import type { Metrics } from './create-metrics.ts';
import { metricNames } from './metric-names.ts';
import type { Observe } from './series-histogram.ts';

const waitSeconds = [0.001, 0.005, 0.025, 0.1, 0.5, 1, 5, 15, 60, 300, 1800, 7200];
const runSeconds = [0.001, 0.005, 0.025, 0.1, 0.25, 0.5, 1, 2.5, 5, 15, 60, 300];

const outcomes = ['done', 'retry', 'dead'] as const;

/** What a group settles of a topic, since the counter was last asked. */
interface Settled {
  readonly topic: string;
  readonly group: string;
  readonly counts: Record<(typeof outcomes)[number], number>;
  readonly wait: Observe;
  readonly run: Observe;
}

/** Counts what the stream engine does. RPC reply streams are named by process and so share one label. */
export const streamsObserver = (metrics: Metrics): Required<Observer> => {
  const published = metrics.counter(metricNames.published, 'Messages published', ['topic']);
  const seen = new Map<string, Settled>();
  metrics.counter(metricNames.settled, 'Messages settled', ['topic', 'group', 'outcome'], (counter) => {
    for (const { topic, group, counts } of seen.values()) {
      for (const outcome of outcomes) {
        if (counts[outcome] > 0) counter.inc({ topic, group, outcome }, counts[outcome]);
        counts[outcome] = 0;
      }
    }
  });
  const wait = metrics.seriesHistogram(
    metricNames.wait,
    'Seconds from published (or due) to started',
    ['topic', 'group'],
    waitSeconds,
  );
  const run = metrics.seriesHistogram(
    metricNames.run,
    "Seconds of the handler's run",
    ['topic', 'group'],
    runSeconds,
  );
  const settledBy = (topic: string, group: string): Settled => {
    const key = `${topic} ${group}`;
    let known = seen.get(key);
    if (known === undefined) {
      const series = { topic, group };
      known = {
        topic,
        group,
        counts: { done: 0, retry: 0, dead: 0 },
        wait: wait.series(series),
        run: run.series(series),
      };
      seen.set(key, known);
    }
    return known;
  };
  const consumers = new Set<Parameters<Required<Observer>['consuming']>[0]>();
  metrics.gauge(metricNames.inFlight, 'Messages in hand', ['topic', 'group'], (gauge) => {
    gauge.reset();
    for (const { topic, group, inFlight } of consumers) gauge.inc({ topic, group }, inFlight());
  });
  const reclaimed = metrics.counter(metricNames.reclaimed, 'Entries taken over from a lost consumer', [
    'topic',
    'group',
  ]);
  const dead = metrics.counter(metricNames.dead, 'Messages dead-lettered', ['topic', 'group', 'reason']);
  const leaseLost = metrics.counter(metricNames.leaseLost, 'Leases lost while running', ['topic', 'group']);
  const dataLost = metrics.counter(metricNames.dataLost, 'Groups made again after Redis lost them', [
    'topic',
    'group',
  ]);
  const reconnected = metrics.counter(metricNames.reconnected, 'Connections replaced', ['topic']);
  const rpc = metrics.histogram(metricNames.rpc, 'Seconds of an RPC', [
    'server',
    'method',
    'side',
    'outcome',
  ]);
  const [method, outcome, server] = [closedLabel(), closedLabel(), closedLabel()];
  const topicLabel = (topic: string) => (topic.startsWith('rpc:replies') ? 'rpc:replies' : topic);
  return {
    published: (topic, count) => published.inc({ topic: topicLabel(topic) }, count),
    settled: ({ topic, group, outcome: how, waitMs, runMs }) => {
      const by = settledBy(topic, group);
      by.counts[how] += 1;
      by.wait(waitMs / 1000);
      by.run(runMs / 1000);
    },
    consuming: (consumer) => {
      consumers.add(consumer);
      return () => consumers.delete(consumer);
    },
    reclaimed: (topic, group, count) => reclaimed.inc({ topic, group }, count),
    dead: (topic, group, reason) => dead.inc({ topic, group, reason }),
    leaseLost: (topic, group) => leaseLost.inc({ topic, group }),
    dataLost: (topic, group) => dataLost.inc({ topic, group }),
    reconnected: (topic) => reconnected.inc({ topic: topicLabel(topic) }),
    rpc: (call) =>
      rpc.observe(
        {
          server: server(call.server),
          method: method(call.method),
          side: call.side,
          outcome: outcome(call.outcome),
        },
        call.ms / 1000,
      ),
  };
};
