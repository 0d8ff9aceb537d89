import { z } from 'zod';
import {
  deadLetterQuerySchema,
  deadLetterSchema,
  deadLetterSelectionSchema,
  handledDeadLettersSchema,
} from '../dead-letter.ts';
import { pageSchema } from '../page.ts';
import { principalSchema } from '../principal.ts';

const handling = {
  request: z.object({ principal: principalSchema, which: deadLetterSelectionSchema }),
  response: handledDeadLettersSchema,
};

/** Answered by each service for the streams it owns. */
export const deadLetterMethods = {
  'deadLetters.list': {
    request: z.object({ principal: principalSchema, query: deadLetterQuerySchema }),
    response: pageSchema(deadLetterSchema),
  },
  'deadLetters.redrive': handling,
  'deadLetters.discard': handling,
};
export type DeadLetterMethods = typeof deadLetterMethods;
