import { z } from 'zod';
import { jsonSchema } from './json.ts';
import { ratings, subtaskCountsSchema } from './states.ts';

/** How a number of cells fared. */
export const tallySchema = z.object({
  total: z.int(),
  counts: subtaskCountsSchema,
  ratings: z.record(z.enum(ratings), z.int()),
  /** Of the succeeded ones' last attempts, in milliseconds; null where none succeeded. */
  durationMs: z.object({ mean: z.number(), median: z.number() }).nullable(),
});
export type Tally = z.infer<typeof tallySchema>;

export const valueSummarySchema = tallySchema.extend({
  index: z.int(),
  /** For zipped variables a tuple of their values. */
  value: jsonSchema,
});
export type ValueSummary = z.infer<typeof valueSummarySchema>;

/** What each value of each axis did to the outcome. */
export const taskSummarySchema = z.object({
  taskId: z.uuid(),
  overall: tallySchema,
  axes: z.array(z.object({ name: z.string(), values: z.array(valueSummarySchema) })),
});
export type TaskSummary = z.infer<typeof taskSummarySchema>;
