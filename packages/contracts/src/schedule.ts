import { z } from 'zod';
import { pageQuerySchema } from './page.ts';
import { taskSubmissionSchema } from './task.ts';

/**
 * What becomes of runs whose time passed while nothing could run them: nothing, one run for all of them, or each, the
 * latest `maxMissedRuns` of them.
 */
export const missedRunPolicies = ['skip', 'once', 'all'] as const;
export type MissedRunPolicy = (typeof missedRunPolicies)[number];
export const missedRunPolicySchema = z.enum(missedRunPolicies);

export const maxMissedRuns = 10;

/** A task as it is submitted each time; when is the schedule's to say. */
export const scheduledTaskSchema = taskSubmissionSchema.omit({ runAt: true });
export type ScheduledTask = z.infer<typeof scheduledTaskSchema>;

const fields = {
  name: z.string().trim().min(1).max(200),
  /** Five fields: minute, hour, day of month, month, day of week; or a nickname such as `@daily`. */
  cron: z.string().trim().min(1).max(100),
  /** IANA name; the clock the expression is read by, over changes to and from summer time too. */
  timeZone: z.string().min(1).max(64),
  missedRuns: missedRunPolicySchema,
  paused: z.boolean(),
  task: scheduledTaskSchema,
};

export const scheduleCreationSchema = z.strictObject({
  ...fields,
  timeZone: fields.timeZone.default('UTC'),
  missedRuns: fields.missedRuns.default('once'),
  paused: fields.paused.default(false),
});
export type ScheduleCreation = z.infer<typeof scheduleCreationSchema>;

export const schedulePatchSchema = z
  .strictObject(fields)
  .omit({ paused: true })
  .partial()
  .refine((patch) => Object.keys(patch).length > 0, 'needs at least one field');
export type SchedulePatch = z.infer<typeof schedulePatchSchema>;

export const scheduleRunSchema = z.object({
  /** The time it was for; null for one that was asked for by hand. */
  dueAt: z.string().nullable(),
  at: z.string(),
  outcome: z.enum(['submitted', 'refused']),
  taskId: z.uuid().nullable(),
  /** Why it was refused: a quota, say, or a kind that is no longer known. */
  error: z.object({ code: z.string(), message: z.string() }).nullable(),
});
export type ScheduleRun = z.infer<typeof scheduleRunSchema>;

export const scheduleViewSchema = z.object({
  id: z.uuid(),
  ownerId: z.uuid(),
  name: z.string(),
  cron: z.string(),
  timeZone: z.string(),
  missedRuns: missedRunPolicySchema,
  paused: z.boolean(),
  task: scheduledTaskSchema,
  /** The next few; none while it is paused. */
  nextRuns: z.array(z.string()),
  lastRun: scheduleRunSchema.nullable(),
  createdAt: z.string(),
  updatedAt: z.string(),
});
export type ScheduleView = z.infer<typeof scheduleViewSchema>;

export const scheduleListQuerySchema = pageQuerySchema.extend({
  /** Admins only; anyone else sees their own whatever it says. */
  owner: z.uuid().optional(),
});
export type ScheduleListQuery = z.infer<typeof scheduleListQuerySchema>;
