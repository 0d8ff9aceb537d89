import { z } from 'zod';
import { imageInputSchema } from './image.ts';

export const httpRequestInputSchema = z.strictObject({
  method: z.enum(['GET', 'HEAD', 'POST', 'PUT', 'PATCH', 'DELETE']).default('GET'),
  url: z.url({ protocol: /^https?$/ }).max(4000),
  headers: z.record(z.string().max(200), z.string().max(4000)).optional(),
  body: z.json().optional(),
});
export type HttpRequestInput = z.infer<typeof httpRequestInputSchema>;

/** Input schemas of the kinds every worker knows. */
export const builtinKinds = {
  'image.generate': imageInputSchema,
  'http.request': httpRequestInputSchema,
} as const satisfies Record<string, z.ZodType>;

export const kindSchema = z
  .string()
  .max(100)
  .regex(/^[a-z][a-z0-9-]*(\.[a-z][a-z0-9-]*)+$/, 'must be words joined by dots, as in "image.generate"');
