import { z } from 'zod';
import { issueSchema } from './errors.ts';

/** RFC 9457 body of every error answer. */
export const problemSchema = z.object({
  type: z.string(),
  title: z.string(),
  status: z.int(),
  detail: z.string(),
  instance: z.string().optional(),
  code: z.string(),
  requestId: z.string(),
  errors: z.array(issueSchema).optional(),
});
export type Problem = z.infer<typeof problemSchema>;

/** The same with the fields of RFC 6749 section 5.2: what the token endpoint refuses with. */
export const oauthProblemSchema = problemSchema.extend({
  error: z.enum(['invalid_grant', 'invalid_request', 'unsupported_grant_type', 'temporarily_unavailable']),
  error_description: z.string(),
});
