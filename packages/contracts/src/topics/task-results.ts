import { z } from 'zod';
import { storedArtifactSchema } from '../artifact.ts';
import { messageJsonSchema } from '../json.ts';
import { subtaskErrorSchema } from '../task.ts';
import { streamTopic } from '../topic.ts';

const base = {
  taskId: z.uuid(),
  ordinal: z.int32().nonnegative(),
  run: z.int32().positive(),
  attempt: z.int().positive().max(32_767),
  /** Epoch milliseconds by the worker's clock. */
  at: z.number().min(0).max(8.64e15),
};

/** Within what Postgres can take from a time: one result that it refuses would hold up all others. */
const durationMs = z.number().min(0).max(1e12);

export const progressFields = {
  /** From 0 to 1. */
  fraction: z.number().min(0).max(1),
  /** What it is at, in the handler's words. */
  note: z.string().max(200).optional(),
};

/** What became of a subtask's attempt, as its worker saw it. */
export const taskResultSchema = z.discriminatedUnion('type', [
  /** How far the attempt is; moves no state. */
  z.object({ type: z.literal('progress'), ...base, ...progressFields }),
  z.object({ type: z.literal('started'), ...base, worker: z.string() }),
  z.object({
    type: z.literal('succeeded'),
    ...base,
    result: messageJsonSchema,
    artifacts: z.array(storedArtifactSchema),
    durationMs,
  }),
  z.object({ type: z.literal('retrying'), ...base, error: subtaskErrorSchema }),
  z.object({ type: z.literal('failed'), ...base, error: subtaskErrorSchema, durationMs }),
  z.object({ type: z.literal('cancelled'), ...base }),
]);
export type TaskResult = z.infer<typeof taskResultSchema>;
export type ProgressReport = Extract<TaskResult, { type: 'progress' }>;
/** A result that moves its subtask's state. */
export type TaskOutcome = Exclude<TaskResult, ProgressReport>;

export const taskResults = streamTopic('task_results', taskResultSchema);
export const recorderGroup = 'recorder';
