import type { Redis } from 'ioredis';
import type { Engine } from './engine.ts';
import { decodeCore, decodeHead, splitEntryText } from './envelope.ts';
import { allTopicKeys, type TopicKeys } from './topic-keys.ts';
import type { Topic } from './types.ts';

const perPage = 500;

export interface Content<T> {
  readonly id: string;
  readonly payload: T;
  readonly state: 'waiting' | 'delayed';
}

/** Entries whose payload does not parse are left out: their consumers dead-letter them. */
export async function* topicContents<T>(engine: Engine, topic: Topic<T>): AsyncGenerator<Content<T>> {
  for (const keys of allTopicKeys(engine.prefix, topic)) yield* partitionContents(engine, topic, keys);
}

async function* partitionContents<T>(
  engine: Engine,
  topic: Topic<T>,
  keys: TopicKeys,
): AsyncGenerator<Content<T>> {
  const client = engine.commands as Redis;
  const end = yield* waiting(client, topic, keys.stream, '-');
  yield* delayed(client, topic, keys.delayed);
  // What fell due while the delayed were read has moved behind the entries read before.
  yield* waiting(client, topic, keys.stream, end === undefined ? '-' : `(${end}`);
}

async function* waiting<T>(
  client: Redis,
  topic: Topic<T>,
  stream: string,
  begin: string,
): AsyncGenerator<Content<T>, string | undefined> {
  let from = begin;
  let last: string | undefined;
  for (;;) {
    const page = (await client.xrange(stream, from, '+', 'COUNT', perPage)) as [string, string[]][];
    for (const [entryId, fields] of page) {
      const { head, payload } = splitEntryText(fields[1] ?? '');
      const content = parsed(topic, () => decodeHead(head, entryId).id, payload, 'waiting');
      if (content) yield content;
    }
    last = page.at(-1)?.[0] ?? last;
    if (page.length < perPage) return last;
    from = `(${last}`;
  }
}

async function* delayed<T>(client: Redis, topic: Topic<T>, key: string): AsyncGenerator<Content<T>> {
  let score = '-inf';
  let seenAtScore = new Set<string>();
  for (;;) {
    const page = await client.zrangebyscore(
      key,
      score,
      '+inf',
      'WITHSCORES',
      'LIMIT',
      0,
      perPage + seenAtScore.size,
    );
    let fresh = 0;
    for (let at = 0; at + 1 < page.length; at += 2) {
      const member = page[at]!;
      if (page[at + 1] !== score) {
        score = page[at + 1]!;
        seenAtScore = new Set();
      } else if (seenAtScore.has(member)) continue;
      seenAtScore.add(member);
      fresh++;
      const { head, payload } = splitEntryText(member.slice(member.indexOf('\n') + 1));
      const content = parsed(topic, () => decodeCore(head).id, payload, 'delayed');
      if (content) yield content;
    }
    if (fresh === 0) return;
  }
}

const parsed = <T>(
  topic: Topic<T>,
  id: () => string,
  payload: string,
  state: 'waiting' | 'delayed',
): Content<T> | undefined => {
  try {
    return { id: id(), payload: topic.parse(JSON.parse(payload)), state };
  } catch {
    return undefined;
  }
};
