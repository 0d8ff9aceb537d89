import { z } from 'zod';
import { laneSchema } from './lanes.ts';
import { pageQuerySchema } from './page.ts';
import { subtaskCountsSchema } from './states.ts';
import { subtaskErrorSchema } from './task.ts';
import { artifactViewSchema } from './artifact.ts';

/** What happens to tasks and their subtasks that a webhook may be told of. */
export const webhookEventTypes = [
  'task.started',
  'task.succeeded',
  'task.partially_failed',
  'task.failed',
  'task.cancelled',
  'subtask.succeeded',
  'subtask.failed',
] as const;
export type WebhookEventType = (typeof webhookEventTypes)[number];

/** Names a filter may hold beside the types: each stands for every end. */
export const webhookEventGroups = {
  'task.finished': ['task.succeeded', 'task.partially_failed', 'task.failed', 'task.cancelled'],
  'subtask.finished': ['subtask.succeeded', 'subtask.failed'],
} as const satisfies Record<string, readonly WebhookEventType[]>;

export const webhookFilterNames = [
  ...webhookEventTypes,
  'task.finished',
  'subtask.finished',
] as const satisfies readonly (WebhookEventType | keyof typeof webhookEventGroups)[];
export type WebhookFilterName = (typeof webhookFilterNames)[number];

/** Sent by the test button only, whatever the filter says. */
export const webhookTestType = 'webhook.test';

const url = z
  .url({ protocol: /^https?$/, error: 'must be a URL that begins with https:// or http://' })
  .max(2048)
  .refine((value) => {
    if (!URL.canParse(value)) return true;
    const { username, password } = new URL(value);
    return username === '' && password === '';
  }, 'must not hold a user or password');
const description = z.string().trim().max(500);
const events = z
  .array(z.enum(webhookFilterNames))
  .min(1)
  .max(webhookFilterNames.length)
  .transform((names) => webhookFilterNames.filter((name) => names.includes(name)));
const tags = z.array(z.string().min(1).max(64)).max(20);

export const webhookCreationSchema = z.strictObject({
  url,
  events,
  description: description.default(''),
  /** Only tasks that have all of these tags. */
  tags: tags.default([]),
  enabled: z.boolean().default(true),
});
export type WebhookCreation = z.infer<typeof webhookCreationSchema>;

export const webhookPatchSchema = z
  .strictObject({
    url: url.optional(),
    events: events.optional(),
    description: description.optional(),
    tags: tags.optional(),
    /** Enabling one that was disabled begins its count of failures anew. */
    enabled: z.boolean().optional(),
  })
  .refine((patch) => Object.values(patch).some((value) => value !== undefined), 'needs a field to change');
export type WebhookPatch = z.infer<typeof webhookPatchSchema>;

/** `owner`: somebody asked for it. `gone`: the endpoint answered 410. `failing`: it took nothing for too long. */
export const webhookDisabledReasons = ['owner', 'gone', 'failing'] as const;
export type WebhookDisabledReason = (typeof webhookDisabledReasons)[number];

export const webhookViewSchema = z.object({
  id: z.uuid(),
  url: z.string(),
  events: z.array(z.enum(webhookFilterNames)),
  description: z.string(),
  tags: z.array(z.string()),
  enabled: z.boolean(),
  /** Null while it is enabled. */
  disabled: z
    .object({ at: z.string(), reason: z.enum(webhookDisabledReasons), detail: z.string() })
    .nullable(),
  /** Since when nothing was taken; null where the last attempt succeeded or there was none. */
  failingSince: z.string().nullable(),
  /** Until when deliveries are signed with the former secret as well. */
  previousSecretUntil: z.string().nullable(),
  createdAt: z.string(),
  updatedAt: z.string(),
});
export type WebhookView = z.infer<typeof webhookViewSchema>;

/** The only answers that have the secret itself. */
export const webhookWithSecretSchema = webhookViewSchema.extend({ secret: z.string() });
export type WebhookWithSecret = z.infer<typeof webhookWithSecretSchema>;

export const webhookDeliveryStates = ['pending', 'succeeded', 'failed'] as const;

/** One event for one webhook, with what its last attempt came to. */
export const webhookDeliverySchema = z.object({
  /** The `webhook-id` of every attempt. */
  id: z.uuid(),
  type: z.enum([...webhookEventTypes, webhookTestType]),
  taskId: z.uuid().nullable(),
  state: z.enum(webhookDeliveryStates),
  /** Attempts made. */
  attempts: z.int().nonnegative(),
  createdAt: z.string(),
  lastAttemptAt: z.string().nullable(),
  /** When it is tried next; null where it is done. */
  nextAttemptAt: z.string().nullable(),
  /** What the endpoint answered; null where it did not. */
  responseStatus: z.int().nullable(),
  durationMs: z.number().nullable(),
  error: z.string().nullable(),
});
export type WebhookDelivery = z.infer<typeof webhookDeliverySchema>;

export const webhookDeliveryQuerySchema = pageQuerySchema.extend({
  state: z.enum(webhookDeliveryStates).optional(),
});
export type WebhookDeliveryQuery = z.infer<typeof webhookDeliveryQuerySchema>;

const taskData = z.object({
  taskId: z.uuid(),
  name: z.string(),
  kind: z.string(),
  lane: laneSchema,
  tags: z.array(z.string()),
  total: z.int(),
  counts: subtaskCountsSchema,
  createdAt: z.string(),
  startedAt: z.string().nullable(),
  finishedAt: z.string().nullable(),
});
const subtaskData = z.object({
  taskId: z.uuid(),
  taskName: z.string(),
  ordinal: z.int().nonnegative(),
  run: z.int().positive(),
  attempt: z.int().nonnegative(),
  error: subtaskErrorSchema.nullable(),
  /** The first ones; the subtask itself lists all. */
  artifacts: z.array(artifactViewSchema),
  durationMs: z.number().nullable(),
});
const message = <T extends string, D extends z.ZodType>(types: readonly [T, ...T[]], data: D) =>
  z.object({ type: z.enum(types), timestamp: z.iso.datetime(), data });

/** The body of a delivery. */
export const webhookPayloadSchema = z.union([
  message(
    ['task.started', 'task.succeeded', 'task.partially_failed', 'task.failed', 'task.cancelled'],
    taskData,
  ),
  message(['subtask.succeeded', 'subtask.failed'], subtaskData),
  message([webhookTestType], z.object({ webhookId: z.uuid() })),
]);
export type WebhookPayload = z.infer<typeof webhookPayloadSchema>;
