import type { Engine } from './engine.ts';
import { errorText } from './envelope.ts';
import { type Outgoing, outgoingOf } from './outgoing.ts';
import type { ConsumerOptions, DeadReason, Message, Topic } from './types.ts';

/** What `onDead` wants appended. Where it fails the message dies without, as it must not outlive its death. */
export const lastWords = <T>(
  engine: Engine,
  topic: Topic<T>,
  onDead: ConsumerOptions<T>['onDead'],
  dead: {
    readonly message: Omit<Message<T>, 'payload'> & { readonly payload?: T };
    readonly error: unknown;
    readonly reason: DeadReason;
  },
): readonly Outgoing[] => {
  if (!onDead) return [];
  try {
    return onDead(dead).map((emit) => outgoingOf(engine.prefix, emit, dead.message.trace));
  } catch (cause) {
    engine.warn('onDead failed: the message is dead-lettered without it', {
      topic: topic.name,
      id: dead.message.id,
      error: errorText(cause),
    });
    return [];
  }
};
