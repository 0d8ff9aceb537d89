import { z } from 'zod';

/** A stream and the group that works it off. */
export const consumedTopicSchema = z.object({
  topic: z.string(),
  group: z.string(),
  /** Entries: waiting and in flight. */
  length: z.int(),
  /** Taken by nobody yet. */
  lag: z.int(),
  pending: z.int(),
  /** Wait for their time. */
  delayed: z.int(),
  dead: z.int(),
  /** Age of the oldest entry, in flight or not; 0 where there is none. */
  oldestMs: z.number(),
  /** Age of the oldest that nobody has in hand; 0 where there is none. */
  oldestWaitingMs: z.number(),
  consumers: z.array(
    z.object({
      name: z.string(),
      pending: z.int(),
      idleMs: z.number(),
      /** Has fallen silent with work in hand. */
      dead: z.boolean(),
    }),
  ),
});

export const consumersViewSchema = z.object({ items: z.array(consumedTopicSchema) });
export type ConsumersView = z.infer<typeof consumersViewSchema>;
