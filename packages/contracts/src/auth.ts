import { z } from 'zod';
import { lineSchema } from './line.ts';
import { roleSchema } from './principal.ts';

export const emailSchema = z
  .email()
  .max(254)
  .transform((email) => email.toLowerCase());
export const passwordSchema = z.string().min(12, 'must be at least 12 characters').max(256);

/** RFC 6749 sections 4.3.2 and 6. */
export const tokenRequestSchema = z.discriminatedUnion('grant_type', [
  z.object({
    grant_type: z.literal('password'),
    username: z.string().min(1).max(254),
    password: z.string().min(1).max(256),
    scope: z.string().optional(),
  }),
  z.object({ grant_type: z.literal('refresh_token'), refresh_token: z.string().min(1).max(512) }),
]);
export type TokenRequest = z.infer<typeof tokenRequestSchema>;

export const tokenResponseSchema = z.object({
  access_token: z.string(),
  token_type: z.literal('Bearer'),
  /** Seconds. */
  expires_in: z.int(),
  refresh_token: z.string(),
});
export type TokenResponse = z.infer<typeof tokenResponseSchema>;

export const userViewSchema = z.object({
  id: z.uuid(),
  email: z.string(),
  name: z.string(),
  role: roleSchema,
  disabled: z.boolean(),
  createdAt: z.string(),
});
export type UserView = z.infer<typeof userViewSchema>;

export const userCreationSchema = z.strictObject({
  email: emailSchema,
  name: lineSchema(200),
  password: passwordSchema,
  role: roleSchema.default('user'),
});
export type UserCreation = z.infer<typeof userCreationSchema>;

/** What a user may change of themselves. A new password needs the old one. */
export const selfPatchSchema = z
  .strictObject({
    name: lineSchema(200).optional(),
    password: passwordSchema.optional(),
    currentPassword: z.string().max(256).optional(),
  })
  .refine((patch) => patch.password === undefined || patch.currentPassword !== undefined, {
    path: ['currentPassword'],
    message: 'is needed to change the password',
  });
export type SelfPatch = z.infer<typeof selfPatchSchema>;

/** What an admin may change of a user. */
export const userPatchSchema = z.strictObject({
  name: lineSchema(200).optional(),
  role: roleSchema.optional(),
  disabled: z.boolean().optional(),
  password: passwordSchema.optional(),
});
export type UserPatch = z.infer<typeof userPatchSchema>;
