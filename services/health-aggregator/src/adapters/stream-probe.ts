import { metricNames, type Metrics } from '@backend2/service-kit';
import type { Streams } from '@backend2/streams';
import type { Probe } from '../domain/probe.ts';
import { deadConsumers, streamFindings } from '../domain/stream-findings.ts';
import { watchedTopics } from './watched-topics.ts';

/** Backlog, age, dead letters and dead consumers of every work stream. */
export const streamProbe = (streams: Streams, metrics: Metrics): Probe => {
  const gauge = (name: string, help: string) => metrics.gauge(name, help, ['topic']);
  const length = gauge(metricNames.streamLength, 'Entries in the stream, waiting and in flight');
  const gaugeOfGroup = (name: string, help: string) => metrics.gauge(name, help, ['topic', 'group']);
  const lag = gaugeOfGroup(metricNames.streamLag, 'Entries not yet delivered');
  const pending = gaugeOfGroup(metricNames.streamPending, 'Entries in flight');
  const delayed = gauge(metricNames.streamDelayed, 'Messages waiting for their time');
  const dead = gauge(metricNames.streamDead, 'Dead letters');
  const oldest = gauge(metricNames.streamOldest, 'Age of the oldest entry not settled, seconds');
  const oldestWaiting = gaugeOfGroup(
    metricNames.streamOldestWaiting,
    'Age of the oldest entry that nobody has in hand, seconds',
  );
  const silent = gaugeOfGroup(metricNames.deadConsumers, 'Consumers that fell silent with work in hand');
  return {
    name: 'streams',
    look: async (at) => {
      const views = await Promise.all(watchedTopics.map(({ topic, group }) => streams.inspect(topic, group)));
      return views.flatMap((view, index) => {
        const { topic, group } = view;
        length.set({ topic }, view.length);
        lag.set({ topic, group }, view.lag);
        pending.set({ topic, group }, view.pending);
        delayed.set({ topic }, view.delayed);
        dead.set({ topic }, view.dead);
        oldest.set({ topic }, view.oldestMs / 1000);
        oldestWaiting.set({ topic, group }, view.oldestWaitingMs / 1000);
        silent.set({ topic, group }, deadConsumers(view).length);
        return streamFindings(view, watchedTopics[index]?.rule ?? { deadIsFault: true }, at);
      });
    },
    // Redis itself failing is the Redis probe's finding; what was seen of its streams no longer holds.
    onFailure: () => [],
  };
};
