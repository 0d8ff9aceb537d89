import { z } from 'zod';
import { taskEventSchema } from './topics/task-events.ts';

/**
 * What an SSE stream of the API sends as `data`; `event` repeats its `type`, `id` is where to resume.
 * `ready` comes first on every connection that resumes nothing: what is read after it misses no later event.
 * `reset` says that events were lost for good and that what one shows has to be read anew.
 */
export const eventStreamMessageSchema = z.discriminatedUnion('type', [
  ...taskEventSchema.options,
  z.object({ type: z.literal('ready') }),
  z.object({ type: z.literal('reset') }),
]);
export type EventStreamMessage = z.infer<typeof eventStreamMessageSchema>;
