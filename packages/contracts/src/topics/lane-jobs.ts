import { z } from 'zod';
import { messageJsonSchema } from '../json.ts';
import type { Lane } from '../lanes.ts';
import { streamTopic, type StreamTopic } from '../topic.ts';

/** A subtask on its way to a worker: all that a handler needs, so that workers need no database. */
export const subtaskJobSchema = z.object({
  taskId: z.uuid(),
  ordinal: z.int().nonnegative(),
  /** Rises each time the subtask is dispatched anew; a result of an earlier run changes nothing. */
  run: z.int().positive(),
  kind: z.string(),
  /** The template with this cell's values filled in. */
  input: messageJsonSchema,
  timeoutMs: z.int().positive(),
  maxAttempts: z.int().positive(),
});
export type SubtaskJob = z.infer<typeof subtaskJobSchema>;

/** A subtask's stable message id on its lane. */
export const subtaskJobId = (job: Pick<SubtaskJob, 'taskId' | 'ordinal' | 'run'>): string =>
  `${job.taskId}.${job.ordinal}.${job.run}`;

/** The group of every lane's workers. */
export const workersGroup = 'workers';

export const laneTopics: Record<Lane, StreamTopic<SubtaskJob>> = {
  standard: streamTopic('standard_tasks', subtaskJobSchema),
  lumina: streamTopic('lumina_tasks', subtaskJobSchema),
};
