import { z } from 'zod';

/** A name as people give it: trimmed, one line, nothing in it that cannot be shown or stored. */
export const lineSchema = (most: number) =>
  z
    .string()
    .trim()
    .min(1)
    .max(most)
    .refine((text) => !/\p{Cc}|\p{Cs}/u.test(text), 'must not hold control characters');
