import { z } from 'zod';
import { ratingSchema, subtaskStateSchema } from '../states.ts';
import { subtaskErrorSchema, taskViewSchema } from '../task.ts';
import { artifactViewSchema } from '../artifact.ts';
import { streamTopic } from '../topic.ts';

export const subtaskChangeSchema = z.object({
  ordinal: z.int(),
  state: subtaskStateSchema,
  attempt: z.int(),
  error: subtaskErrorSchema.nullable(),
  artifacts: z.array(artifactViewSchema),
  rating: ratingSchema.optional(),
});
export type SubtaskChange = z.infer<typeof subtaskChangeSchema>;

/** What the browser hears: a task as it now is, or subtasks of it that changed. */
export const taskEventSchema = z.discriminatedUnion('type', [
  z.object({ type: z.literal('task'), taskId: z.uuid(), ownerId: z.uuid(), task: taskViewSchema }),
  z.object({
    type: z.literal('subtasks'),
    taskId: z.uuid(),
    ownerId: z.uuid(),
    changes: z.array(subtaskChangeSchema),
  }),
  z.object({ type: z.literal('deleted'), taskId: z.uuid(), ownerId: z.uuid() }),
]);
export type TaskEvent = z.infer<typeof taskEventSchema>;

export const taskEvents = streamTopic('task_events', taskEventSchema, { retain: 50_000 });
