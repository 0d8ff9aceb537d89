import { createInterface } from 'node:readline/promises';
import { Writable } from 'node:stream';
import { text } from 'node:stream/consumers';
import { CommandError } from './command-error.ts';
import { exitCodes } from './exit-codes.ts';
import type { Io } from './io.ts';

/** Asks at the terminal; what is typed for a secret is not shown. */
export const ask = async (io: Io, question: string, secret = false): Promise<string> => {
  if (!io.in.isTTY) {
    throw new CommandError(
      exitCodes.usage,
      'There is no terminal to ask at. Give --email, and the password on standard input with --password-stdin.',
    );
  }
  io.err.write(question);
  const output = secret ? new Writable({ write: (_chunk, _encoding, done) => done() }) : io.err;
  const lines = createInterface({ input: io.in, output, terminal: true });
  try {
    return await lines.question('', { signal: io.signal });
  } finally {
    lines.close();
    if (secret) io.err.write('\n');
  }
};

/** All of standard input, without the newline that ends it. */
export const readInput = async (io: Io): Promise<string> => (await text(io.in)).replace(/\r?\n$/, '');
