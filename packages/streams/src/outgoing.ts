import { encodeCore, entryText } from './envelope.ts';
import { drawMessageId } from './message-id.ts';
import { partitionCount, partitionOf, topicKeys } from './topic-keys.ts';
import type { Emit } from './types.ts';

/** An append ready for Redis. */
export interface Outgoing {
  readonly key: string;
  readonly text: string;
  /** About how many entries the stream keeps; 0 keeps all. */
  readonly keep: number;
  /** Milliseconds after which the whole stream goes unless appended to again; 0 never. */
  readonly expiryMs: number;
  /** Set where it was appended apart from the settlement it belongs to, which may have to be said again. */
  appended?: boolean;
}

export const payloadJson = (payload: unknown): string => JSON.stringify(payload) ?? 'null';

/** @throws what the topic's `parse` throws. */
export const outgoingOf = (prefix: string, emit: Emit, trace: string | undefined): Outgoing => {
  const { topic, options } = emit;
  const id = options?.id ?? drawMessageId();
  const partition = partitionOf(options?.partitionKey ?? id, partitionCount(topic));
  const head = encodeCore({
    id,
    attempt: 1,
    maxAttempts: options?.maxAttempts ?? 0,
    trace: options?.trace ?? trace,
    history: [],
  });
  return {
    key: topicKeys(prefix, topic.name, partition).stream,
    text: entryText(head, payloadJson(topic.parse(emit.payload))),
    keep: topic.retain ?? 0,
    expiryMs: 0,
  };
};
