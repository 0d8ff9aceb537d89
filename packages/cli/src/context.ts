import { createClient, type Client } from '@backend2/client';
import { CommandError } from './command-error.ts';
import { exitCodes } from './exit-codes.ts';
import type { Io } from './io.ts';
import { loadSession, saveSession } from './session-file.ts';

export interface GlobalOptions {
  readonly url?: string;
  readonly json?: boolean;
}

/** What a command works with. */
export interface Context {
  readonly io: Io;
  readonly json: boolean;
  readonly print: (text: string) => void;
  readonly printJson: (value: unknown) => void;
  /** Prints a value: as JSON where that was asked for, else as its text. */
  readonly show: <T>(value: T, text: (value: T) => string) => void;
  /** The client of who is signed in. @throws CommandError where nobody is. */
  readonly client: () => Promise<Client>;
  /** The client of nobody, and where it asks. */
  readonly anonymous: () => Promise<{ client: Client; url: string }>;
}

const defaultUrl = 'http://localhost:8000';

export const createContext = (io: Io, options: GlobalOptions): Context => {
  const { env } = io;
  const print = (text: string): void => void io.out.write(`${text}\n`);
  const printJson = (value: unknown): void => print(JSON.stringify(value, undefined, 2));
  const json = options.json === true;
  const chosenUrl = options.url ?? env['BACKEND2_URL'];
  const checked = (url: string): string => {
    if (/^https?:\/\/./.test(url) && URL.canParse(url)) return url.replace(/\/+$/, '');
    throw new CommandError(exitCodes.usage, `"${url}" is not a URL such as ${defaultUrl}.`);
  };
  return {
    io,
    json,
    print,
    printJson,
    show: (value, text) => (json ? printJson(value) : print(text(value))),
    client: async () => {
      const token = env['BACKEND2_TOKEN'];
      if (token) return createClient({ baseUrl: checked(chosenUrl ?? defaultUrl), token });
      const session = await loadSession(env);
      const url = checked(chosenUrl ?? session?.url ?? defaultUrl);
      if (session?.url !== url) {
        throw new CommandError(
          exitCodes.notSignedIn,
          `You are not signed in at ${url}. Sign in with: backend2 login`,
        );
      }
      let saving = Promise.resolve();
      return createClient({
        baseUrl: url,
        tokens: session.tokens,
        onTokens: (tokens) => {
          saving = saving.then(() => saveSession(env, tokens && { url, tokens }));
        },
      });
    },
    anonymous: async () => {
      const session = await loadSession(env);
      const url = checked(chosenUrl ?? session?.url ?? defaultUrl);
      return { client: createClient({ baseUrl: url }), url };
    },
  };
};
