import { z } from 'zod';
import { laneSchema } from '../lanes.ts';
import { streamTopic } from '../topic.ts';

/** Orders that every process hears. */
export const controlMessageSchema = z.discriminatedUnion('type', [
  /** Runs of the task up to the given one for a subtask, or of all its subtasks, are to stop. */
  z.object({
    type: z.literal('cancel'),
    taskId: z.uuid(),
    /** Absent: all of the task's subtasks. */
    ordinal: z.int().nonnegative().optional(),
    /** Highest run meant; later runs of a retried subtask are not. */
    upToRun: z.int().positive(),
  }),
  z.object({ type: z.literal('lane'), lane: laneSchema, paused: z.boolean() }),
  /**
   * Tokens of the user issued before `before` (epoch seconds) are no longer accepted; with `sessionId` only those of
   * that sign-in, with `tokenId` only that one.
   */
  z.object({
    type: z.literal('revoke'),
    userId: z.uuid(),
    before: z.number().optional(),
    tokenId: z.string().optional(),
    sessionId: z.string().optional(),
  }),
]);
export type ControlMessage = z.infer<typeof controlMessageSchema>;

export const control = streamTopic('control', controlMessageSchema, { retain: 10_000 });
