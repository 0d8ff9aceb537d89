import {
  DomainError,
  validationFailed,
  type DeadLetterMethods,
  type DeadLetterView,
  type Json,
  type Principal,
  type RpcHandlers,
  type StreamTopic,
  type WorkTopicName,
} from '@backend2/contracts';
import type { DeadLetter, Streams } from '@backend2/streams';

/** How a letter begins again where putting the message back is not it. Answers whether there was anything to begin. */
export type Redrive = (letter: DeadLetter<unknown>, principal: Principal) => Promise<boolean>;

export interface OwnedTopic {
  readonly topic: StreamTopic<unknown>;
  /** Default: the message goes back to the end of its stream as a first attempt. */
  readonly redrive?: Redrive;
}

/** Letters that begin again one by one in one request; each may be a transaction. */
const perRequest = 200;

/** What a service answers of the dead letters of its streams; for admins. */
export const deadLetterHandlers = (
  streams: Streams,
  owned: Readonly<Partial<Record<WorkTopicName, OwnedTopic>>>,
): RpcHandlers<DeadLetterMethods> => {
  const of = (principal: Principal, name: WorkTopicName) => {
    if (principal.role !== 'admin')
      throw new DomainError('denied', 'admin_only', 'Only an admin may do this.');
    const found = owned[name];
    if (!found) throw validationFailed([{ path: '/topic', message: 'belongs to another service' }]);
    return { letters: streams.deadLetters(found.topic), ...found };
  };
  return {
    'deadLetters.list': async ({ principal, query: { topic, limit, cursor } }) => {
      const { letters } = of(principal, topic);
      const found = await letters.list({ limit: limit + 1, ...(cursor !== undefined && { after: cursor }) });
      const items = found.slice(0, limit).map(view);
      return { items, nextCursor: found.length > limit ? (items.at(-1)?.entryId ?? null) : null };
    },
    'deadLetters.redrive': async ({ principal, which: { topic, entryIds } }) => {
      const { letters, redrive } = of(principal, topic);
      if (!redrive) return { count: await letters.redrive(entryIds), more: false };
      const found =
        entryIds === 'all'
          ? await letters.list({ limit: perRequest + 1 })
          : (await Promise.all(entryIds.map((id) => letters.list({ after: before(id), limit: 1 }))))
              .flat()
              .filter(({ entryId }) => entryIds.includes(entryId));
      let count = 0;
      for (const letter of found.slice(0, perRequest)) {
        if (await redrive(letter, principal)) count += 1;
        await letters.discard([letter.entryId]);
      }
      return { count, more: found.length > perRequest };
    },
    'deadLetters.discard': async ({ principal, which: { topic, entryIds } }) => ({
      count: await of(principal, topic).letters.discard(entryIds),
      more: false,
    }),
  };
};

/** The id just before: reading after it begins with the letter itself. */
const before = (entryId: string): string => {
  const [, ms = '0', sequence = '0', partition = ''] = /^(\d+)-(\d+)(@\d+)?$/.exec(entryId) ?? [];
  if (BigInt(sequence) > 0n) return `${ms}-${BigInt(sequence) - 1n}${partition}`;
  return `${BigInt(ms) - 1n}-${2n ** 64n - 1n}${partition}`;
};

const view = ({ entryId, id, reason, error, attempts, history, diedAt, raw }: DeadLetter<unknown>) =>
  ({
    entryId,
    messageId: id,
    reason,
    error,
    attempts,
    history: history.map(({ at, ...failure }) => ({ ...failure, at: new Date(at).toISOString() })),
    diedAt: new Date(diedAt).toISOString(),
    payload: jsonOf(raw),
  }) satisfies DeadLetterView;

const jsonOf = (raw: string): Json => {
  try {
    return JSON.parse(raw) as Json;
  } catch {
    return raw;
  }
};
