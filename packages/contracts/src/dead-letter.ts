import { z } from 'zod';
import { jsonSchema } from './json.ts';
import { pageQuerySchema } from './page.ts';
import { workTopicSchema } from './work-topics.ts';

export const deadReasons = ['permanent', 'attempts-exhausted', 'deliveries-exhausted', 'unparsable'] as const;

/** A dead letter's place; with several partitions the partition follows. */
export const deadLetterIdSchema = z
  .string()
  .regex(/^\d{1,20}-\d{1,20}(@\d{1,4})?$/, 'is not one of a dead letter');

export const deadLetterSchema = z.object({
  entryId: deadLetterIdSchema,
  messageId: z.string(),
  reason: z.enum(deadReasons),
  error: z.string(),
  attempts: z.int(),
  history: z.array(z.object({ attempt: z.int(), error: z.string(), at: z.string() })),
  diedAt: z.string(),
  /** The message; its text where it is no JSON. */
  payload: jsonSchema,
});
export type DeadLetterView = z.infer<typeof deadLetterSchema>;

export const deadLetterQuerySchema = pageQuerySchema.extend({
  topic: workTopicSchema,
  cursor: deadLetterIdSchema.optional(),
});

export const deadLetterSelectionSchema = z.strictObject({
  topic: workTopicSchema,
  entryIds: z.union([z.literal('all'), z.array(deadLetterIdSchema).min(1).max(200)]),
});
export type DeadLetterSelection = z.infer<typeof deadLetterSelectionSchema>;

/** `more`: not all were come to in one request; ask again. */
export const handledDeadLettersSchema = z.object({ count: z.int(), more: z.boolean() });
export type HandledDeadLetters = z.infer<typeof handledDeadLettersSchema>;
