import { z } from 'zod';
import { ratingSchema, subtaskStateSchema } from '../states.ts';
import { subtaskErrorSchema, taskViewSchema } from '../task.ts';
import { artifactViewSchema } from '../artifact.ts';
import { streamTopic, type StreamTopic } from '../topic.ts';
import { progressFields } from './task-results.ts';

export const subtaskChangeSchema = z.object({
  ordinal: z.int(),
  state: subtaskStateSchema,
  attempt: z.int(),
  error: subtaskErrorSchema.nullable(),
  artifacts: z.array(artifactViewSchema),
  rating: ratingSchema.optional(),
});
export type SubtaskChange = z.infer<typeof subtaskChangeSchema>;

export const subtaskProgressSchema = z.object({ ordinal: z.int(), attempt: z.int(), ...progressFields });
export type SubtaskProgress = z.infer<typeof subtaskProgressSchema>;

/** What the browser hears: a task as it now is, subtasks of it that changed, how far they are. */
export const taskEventSchema = z.discriminatedUnion('type', [
  z.object({ type: z.literal('task'), taskId: z.uuid(), ownerId: z.uuid(), task: taskViewSchema }),
  z.object({
    type: z.literal('subtasks'),
    taskId: z.uuid(),
    ownerId: z.uuid(),
    changes: z.array(subtaskChangeSchema),
  }),
  /** How far running subtasks are, at the most about once a second each; not kept, so one that was missed is not told again. */
  z.object({
    type: z.literal('progress'),
    taskId: z.uuid(),
    ownerId: z.uuid(),
    progress: z.array(subtaskProgressSchema),
  }),
  z.object({ type: z.literal('deleted'), taskId: z.uuid(), ownerId: z.uuid() }),
]);
export type TaskEvent = z.infer<typeof taskEventSchema>;

export const taskEvents = streamTopic('task_events', taskEventSchema, { retain: 10_000 });

const taskEventHeadSchema = z.object({
  type: z.enum(taskEventSchema.options.map(({ shape }) => shape.type.value)),
  taskId: z.uuid(),
  ownerId: z.uuid(),
});

/**
 * The same for who hands events on, and needs to know no more than whom each concerns: what its publisher has looked through
 * already comes by the hundred changes.
 */
export const handedOnTaskEvents: StreamTopic<TaskEvent> = {
  ...taskEvents,
  parse: (value) => {
    taskEventHeadSchema.parse(value);
    return value as TaskEvent;
  },
};
