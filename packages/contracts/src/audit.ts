import { z } from 'zod';
import { jsonSchema } from './json.ts';
import { momentSchema } from './moment.ts';
import { pageQuerySchema } from './page.ts';

/**
 * `begun` is all that is known where nobody lived to tell the end; it and `failed` may have happened, `done` did,
 * `refused` did not.
 */
export const auditOutcomes = ['begun', 'done', 'refused', 'failed'] as const;
export const auditOutcomeSchema = z.enum(auditOutcomes);
export type AuditOutcome = (typeof auditOutcomes)[number];

/** A change somebody asked for: who, what, when, from where, and what came of it. */
export const auditEntrySchema = z.object({
  /** Ordered by time. */
  id: z.uuid(),
  at: z.string(),
  /** Null for who was not signed in. */
  userId: z.uuid().nullable(),
  /** Null unless a key was used. */
  apiKeyId: z.uuid().nullable(),
  /** The operation's id in the API document. */
  action: z.string(),
  /** The ids it was done to, by what they are the id of; `id` is that of what was made. */
  target: z.record(z.string(), z.string()),
  /** Nothing secret: which fields were sent, and of some what they said. */
  details: z.record(z.string(), jsonSchema),
  address: z.string(),
  userAgent: z.string().nullable(),
  requestId: z.string(),
  outcome: auditOutcomeSchema,
  /** HTTP status of the answer, and its code where it was a refusal. */
  status: z.int().nullable(),
  code: z.string().nullable(),
});
export type AuditEntry = z.infer<typeof auditEntrySchema>;

/** Filters all hold at once; `since` and `until` are ISO 8601 with a zone, the latter exclusive. */
export const auditQuerySchema = pageQuerySchema.extend({
  userId: z.uuid().optional(),
  apiKeyId: z.uuid().optional(),
  action: z.string().max(100).optional(),
  outcome: auditOutcomeSchema.optional(),
  targetId: z.string().max(100).optional(),
  since: momentSchema.optional(),
  until: momentSchema.optional(),
});
export type AuditQuery = z.infer<typeof auditQuerySchema>;
