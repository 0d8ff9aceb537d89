import type { Topic } from './types.ts';

/** The Redis keys of one partition of a topic; they share a hash tag, so a script may touch them all. */
export interface TopicKeys {
  readonly stream: string;
  readonly delayed: string;
  readonly dead: string;
  /** Begins the keys that remember deduplicated publishes. */
  readonly once: string;
}

export const partitionCount = (topic: Topic<unknown>): number => Math.max(1, topic.partitions ?? 1);

/** @throws where the name would not give a key of its own with a hash tag of its own. */
const checkedName = (name: string): string => {
  if (name !== '' && !/[{}\s]/.test(name)) return name;
  throw new Error(`"${name}" is not a topic's name: it has at least one character, no braces and no spaces.`);
};

/** Partition 0 keeps the bare name, so that a topic of one partition has the key one expects. */
export const topicKeys = (prefix: string, name: string, partition: number): TopicKeys => {
  const tag = partition === 0 ? checkedName(name) : `${checkedName(name)}.${partition}`;
  const stream = `${prefix}{${tag}}`;
  return { stream, delayed: `${stream}:delayed`, dead: `${stream}:dead`, once: `${stream}:once:` };
};

export const allTopicKeys = (prefix: string, topic: Topic<unknown>): TopicKeys[] =>
  Array.from({ length: partitionCount(topic) }, (_, partition) => topicKeys(prefix, topic.name, partition));

/** FNV-1a over UTF-16 units: the same key is always on the same partition, in every process. */
export const partitionOf = (key: string, partitions: number): number => {
  let hash = 0x811c9dc5;
  for (let index = 0; index < key.length; index++) {
    hash = Math.imul(hash ^ key.charCodeAt(index), 0x01000193);
  }
  return (hash >>> 0) % partitions;
};
