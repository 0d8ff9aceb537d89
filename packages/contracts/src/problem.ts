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
