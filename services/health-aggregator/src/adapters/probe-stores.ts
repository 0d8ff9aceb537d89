import { laneTopics, lanes, recorderGroup, taskResults, workersGroup } from '@backend2/contracts';
import type { Database } from '@backend2/database';
import { metricNames, type Metrics } from '@backend2/service-kit';
import type { Streams, Topic } from '@backend2/streams';
import type { ProbeResult } from '../domain/verdict.ts';

const probeTimeoutMs = 2000;

const messageOf = (error: unknown): string => (error instanceof Error ? error.message : String(error));

const withinTime = async (work: Promise<unknown>): Promise<void> => {
  const late = Promise.withResolvers<never>();
  const timer = setTimeout(
    () => late.reject(new Error(`no answer within ${probeTimeoutMs} ms`)),
    probeTimeoutMs,
  );
  try {
    await Promise.race([work, late.promise]);
  } finally {
    clearTimeout(timer);
  }
};

const timed = async (name: string, work: () => Promise<unknown>): Promise<ProbeResult> => {
  const begun = performance.now();
  try {
    await withinTime(work());
    return { name, status: 'pass', observedValue: Math.round(performance.now() - begun), observedUnit: 'ms' };
  } catch (error) {
    return { name, status: 'fail', output: messageOf(error) };
  }
};

const streamProbe = async (
  streams: Streams,
  metrics: Metrics,
  topic: Topic<unknown>,
  group: string,
): Promise<ProbeResult> => {
  const name = `${topic.name}:backlog`;
  try {
    const inspecting = streams.inspect(topic, group);
    await withinTime(inspecting);
    const info = await inspecting;
    const labels = { topic: topic.name, group };
    const set = (metric: string, help: string, value: number) =>
      metrics.gauge(metric, help, ['topic', 'group']).set(labels, value);
    set(metricNames.streamLength, 'Entries waiting or in flight', info.length);
    set(metricNames.streamLag, 'Entries not yet delivered', info.lag);
    set(metricNames.streamPending, 'Entries delivered and not settled', info.pending);
    set(metricNames.streamDelayed, 'Entries waiting for their time', info.delayed);
    set(metricNames.streamDead, 'Dead letters', info.dead);
    set(metricNames.streamOldest, 'Age of the oldest unsettled entry, seconds', info.oldestMs / 1000);
    return { name, status: 'pass', observedValue: info.length, observedUnit: 'entries' };
  } catch (error) {
    return { name, status: 'fail', output: messageOf(error) };
  }
};

/** Looks at the primary, every standby, Redis and the streams; each look is bounded in time and never rejects. */
export const probeStores = async (
  database: Database,
  streams: Streams,
  metrics: Metrics,
): Promise<ProbeResult[]> => {
  const results = await Promise.all([
    timed('postgres-primary:query', () => database.primary.query('SELECT 1')),
    timed('redis:write', () => streams.checkWritable()),
    ...lanes.map((lane) => streamProbe(streams, metrics, laneTopics[lane], workersGroup)),
    streamProbe(streams, metrics, taskResults, recorderGroup),
  ]);
  for (const { server, usable, lagMs, why } of database.replicas()) {
    metrics.gauge(metricNames.replicaLag, 'How far the standby is behind, seconds').set(lagMs / 1000);
    results.push({
      name: 'postgres-standby:lag',
      componentId: server,
      status: usable ? 'pass' : 'warn',
      ...(usable
        ? { observedValue: Math.round(lagMs), observedUnit: 'ms' }
        : { output: why ?? 'left out of reads' }),
    });
  }
  return results;
};
