import { z } from 'zod';

const usage = z.object({ used: z.int(), limit: z.int() });

/** What a user has under way, and may have. */
export const quotaViewSchema = z.object({
  userId: z.uuid(),
  /** Pending, running and paused ones. */
  unfinishedTasks: usage,
  /** Subtasks of these that have not begun. */
  waitingSubtasks: usage,
  schedules: usage,
});
export type QuotaView = z.infer<typeof quotaViewSchema>;

const limit = z.int().min(0).max(1_000_000_000).nullable().optional();

/** Limits of one user; null goes back to the configured default, what is absent stays. */
export const quotaPatchSchema = z
  .strictObject({ unfinishedTasks: limit, waitingSubtasks: limit, schedules: limit })
  .refine((patch) => Object.keys(patch).length > 0, 'needs at least one limit');
export type QuotaPatch = z.infer<typeof quotaPatchSchema>;
