import { readFile } from 'node:fs/promises';
import { readInput } from './ask-secret.ts';
import { CommandError } from './command-error.ts';
import { exitCodes } from './exit-codes.ts';
import type { Io } from './io.ts';

/** The object in a file, or for `-` on standard input. @throws CommandError that says what is wrong with it. */
export const readJsonObject = async (io: Io, file: string, what: string): Promise<object> => {
  const text =
    file === '-'
      ? await readInput(io)
      : await readFile(file, 'utf8').catch((error: unknown) => {
          const { code, message } = error as NodeJS.ErrnoException;
          const why = code === 'ENOENT' ? 'there is no such file' : message;
          throw new CommandError(exitCodes.usage, `${file} cannot be read: ${why}.`);
        });
  let parsed: unknown;
  try {
    parsed = JSON.parse(text);
  } catch (error) {
    throw new CommandError(exitCodes.usage, `${file} is not valid JSON: ${(error as Error).message}.`);
  }
  if (typeof parsed !== 'object' || parsed === null || Array.isArray(parsed)) {
    throw new CommandError(exitCodes.usage, `${file} holds no ${what}: it must be a JSON object.`);
  }
  return parsed;
};
