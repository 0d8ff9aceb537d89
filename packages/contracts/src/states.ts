import { z } from 'zod';

export const subtaskStates = ['pending', 'queued', 'running', 'succeeded', 'failed', 'cancelled'] as const;
export type SubtaskState = (typeof subtaskStates)[number];
export const subtaskStateSchema = z.enum(subtaskStates);

export const taskStates = [
  'pending',
  'running',
  'paused',
  'succeeded',
  'partially_failed',
  'failed',
  'cancelled',
] as const;
export type TaskState = (typeof taskStates)[number];
export const taskStateSchema = z.enum(taskStates);

/** States a task leaves only through `retry`. */
export const finalTaskStates = [
  'succeeded',
  'partially_failed',
  'failed',
  'cancelled',
] as const satisfies TaskState[];
export const finalSubtaskStates = ['succeeded', 'failed', 'cancelled'] as const satisfies SubtaskState[];

export const isFinalTaskState = (state: TaskState): boolean =>
  (finalTaskStates as readonly TaskState[]).includes(state);
export const isFinalSubtaskState = (state: SubtaskState): boolean =>
  (finalSubtaskStates as readonly SubtaskState[]).includes(state);

export const subtaskCountsSchema = z.object({
  pending: z.int().nonnegative(),
  queued: z.int().nonnegative(),
  running: z.int().nonnegative(),
  succeeded: z.int().nonnegative(),
  failed: z.int().nonnegative(),
  cancelled: z.int().nonnegative(),
});
export type SubtaskCounts = z.infer<typeof subtaskCountsSchema>;

export const ratings = ['unrated', 'poor', 'good'] as const;
export type Rating = (typeof ratings)[number];
export const ratingSchema = z.enum(ratings);
