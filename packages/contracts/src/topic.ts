import type { z } from 'zod';

/** A stream as a typed value; fits the stream engine's `Topic`. */
export interface StreamTopic<T> {
  readonly name: string;
  readonly parse: (value: unknown) => T;
  readonly partitions?: number;
  readonly maxLength?: number;
  readonly retain?: number;
}

/** @param options.retain entries kept for those who resume, for broadcast topics only. */
export const streamTopic = <T>(
  name: string,
  schema: z.ZodType<T>,
  options: { partitions?: number; maxLength?: number; retain?: number } = {},
): StreamTopic<T> => ({ name, parse: (value) => schema.parse(value), ...options });
