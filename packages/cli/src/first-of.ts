import { CommandError } from './command-error.ts';
import { exitCodes } from './exit-codes.ts';

/** @throws CommandError that names the option. */
export const wholeNumber = (option: string, text: string): number => {
  if (/^\d{1,9}$/.test(text)) return Number(text);
  throw new CommandError(exitCodes.usage, `${option} must be a whole number; "${text}" is not.`);
};

/** How many to ask for in a page, of so many wanted in all. */
export const pageOf = (most: number): number => Math.min(Math.max(most, 1), 200);

export const firstOf = async <T>(items: AsyncIterable<T>, most: number): Promise<T[]> => {
  const first: T[] = [];
  if (most === 0) return first;
  for await (const item of items) {
    first.push(item);
    if (first.length >= most) break;
  }
  return first;
};
