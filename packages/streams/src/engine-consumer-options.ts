import type { Outgoing } from './outgoing.ts';
import type { ConsumerOptions, HandlerContext, Message, Outcome } from './types.ts';

/** What the engine's own handlers may say beside a user's outcome. */
export type EngineOutcome = Outcome | { readonly kind: 'done'; readonly append: readonly Outgoing[] };

export interface EngineConsumerOptions<T> extends Omit<ConsumerOptions<T>, 'handler'> {
  readonly handler: (message: Message<T>, context: HandlerContext) => Promise<EngineOutcome | void>;
  /** Dead messages are dropped and not kept. */
  readonly discardDead?: boolean;
}
