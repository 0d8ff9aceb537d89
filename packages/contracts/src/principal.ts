import { z } from 'zod';

export const roles = ['user', 'admin'] as const;
export type Role = (typeof roles)[number];
export const roleSchema = z.enum(roles);

/** Who asks. The gateway makes it from a verified token; services behind it trust it. */
export const principalSchema = z.object({
  userId: z.uuid(),
  role: roleSchema,
});
export type Principal = z.infer<typeof principalSchema>;
