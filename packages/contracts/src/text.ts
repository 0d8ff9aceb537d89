import { z } from 'zod';

/** Text that Postgres can keep: JSON allows the NUL character, its text type does not. */
export const storableText = z
  .string()
  .refine((text) => !text.includes('\0'), 'may not contain NUL characters');
