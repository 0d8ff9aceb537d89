import { z } from 'zod';

/** A moment that Postgres can keep: it knows no year 0 and no place further from UTC than this. */
export const momentSchema = z.iso
  .datetime({ offset: true })
  .refine(
    (text) => !text.startsWith('0000') && !/[+-](?:1[6-9]|2\d):\d\d$/.test(text),
    'must be of year 1 or later, and less than 16 hours from UTC',
  );
