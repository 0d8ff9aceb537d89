import { z } from 'zod';
import { principalSchema } from '../principal.ts';
import { quotaPatchSchema, quotaViewSchema } from '../quota.ts';

const ofUser = z.object({ principal: principalSchema, userId: z.uuid() });

export const quotaMethods = {
  /** One's own; anyone's for an admin. */
  'quotas.get': { request: ofUser, response: quotaViewSchema },
  /** For admins. */
  'quotas.update': { request: ofUser.extend({ patch: quotaPatchSchema }), response: quotaViewSchema },
} as const;
