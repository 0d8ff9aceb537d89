import type { Engine } from './engine.ts';
import { runScript, scripts } from './lua-script.ts';
import { releasedName } from './tick.ts';
import { allTopicKeys, type TopicKeys } from './topic-keys.ts';
import type { ConsumerInfo, PartitionInfo, Topic, TopicInfo } from './types.ts';

/** A consistent look at each partition of a topic, one script each. */
export const inspectTopic = async <T>(engine: Engine, topic: Topic<T>, group: string): Promise<TopicInfo> => {
  const partitions = await Promise.all(
    allTopicKeys(engine.prefix, topic).map((keys, partition) =>
      inspectPartition(engine, keys, partition, group),
    ),
  );
  const sum = (of: (info: PartitionInfo) => number): number =>
    partitions.reduce((total, info) => total + of(info), 0);
  return {
    topic: topic.name,
    group,
    length: sum(({ length }) => length),
    lag: sum(({ lag }) => lag),
    pending: sum(({ pending }) => pending),
    delayed: sum(({ delayed }) => delayed),
    dead: sum(({ dead }) => dead),
    oldestMs: Math.max(...partitions.map(({ oldestMs }) => oldestMs)),
    oldestWaitingMs: Math.max(...partitions.map(({ oldestWaitingMs }) => oldestWaitingMs)),
    consumers: merge(partitions.flatMap(({ consumers }) => consumers)),
    partitions,
  };
};

const inspectPartition = async (
  engine: Engine,
  { stream, delayed, dead }: TopicKeys,
  partition: number,
  group: string,
): Promise<PartitionInfo> => {
  const [length, pending, delayedCount, deadCount, oldestMs, oldestWaitingMs, flat] = (await runScript(
    engine.commands,
    scripts.inspect,
    [stream, delayed, dead],
    [group, releasedName],
  )) as [number, number, number, number, number, number, (string | number)[]];
  const consumers: ConsumerInfo[] = [];
  let released = 0;
  for (let at = 0; at + 2 < flat.length; at += 3) {
    if (flat[at] === releasedName) released = Number(flat[at + 1]);
    else
      consumers.push({ name: String(flat[at]), pending: Number(flat[at + 1]), idleMs: Number(flat[at + 2]) });
  }
  // Redis cannot say the lag once entries were deleted; but a settled entry is gone, so what is not pending waits, and what was handed back.
  const lag = Math.max(0, length - pending + released);
  return {
    partition,
    key: stream,
    length,
    lag,
    pending,
    delayed: delayedCount,
    dead: deadCount,
    oldestMs,
    oldestWaitingMs,
    consumers,
  };
};

/** A consumer of several partitions is one consumer. */
const merge = (consumers: readonly ConsumerInfo[]): ConsumerInfo[] => {
  const byName = new Map<string, ConsumerInfo>();
  for (const info of consumers) {
    const other = byName.get(info.name);
    byName.set(
      info.name,
      other
        ? {
            name: info.name,
            pending: other.pending + info.pending,
            idleMs: Math.min(other.idleMs, info.idleMs),
          }
        : info,
    );
  }
  return [...byName.values()];
};
