import { z } from 'zod';

export const lanes = ['standard', 'lumina'] as const;
export type Lane = (typeof lanes)[number];
export const laneSchema = z.enum(lanes);

export const laneViewSchema = z.object({
  lane: laneSchema,
  /** Nothing further is begun on it until it is resumed; what runs goes on. */
  paused: z.boolean(),
  /** When it was last paused or resumed, and by whom. */
  changedAt: z.string().nullable(),
  changedBy: z.uuid().nullable(),
  /** Worker processes heard of lately, their slots in all, and how many of these are taken. */
  workers: z.int(),
  slots: z.int(),
  busy: z.int(),
  /** What its workers can run, or could when one was last heard of. */
  kinds: z.array(z.string()),
  /** Subtasks of all its unfinished tasks. */
  pending: z.int(),
  queued: z.int(),
  running: z.int(),
});
export type LaneView = z.infer<typeof laneViewSchema>;
