import { execFile } from 'node:child_process';
import { existsSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';

const run = promisify(execFile);
const debianHome = '/usr/lib/postgresql';

const candidates = (name: string): string[] => [
  name,
  ...(existsSync(debianHome)
    ? readdirSync(debianHome)
        .toSorted((a, b) => Number(b) - Number(a))
        .map((version) => join(debianHome, version, 'bin', name))
    : []),
];

/** The command of a client tool at least as new as the server; an older one may read it wrongly, and refuses. */
export const findPostgresTool = async (
  name: 'pg_dump' | 'pg_restore',
  serverVersion: number,
): Promise<string | undefined> => {
  for (const command of candidates(name)) {
    const version = await run(command, ['--version']).then(
      ({ stdout }) => Number(/(\d+)(?:\.\d+)?/.exec(stdout)?.[1]),
      () => 0, // not there
    );
    if (version >= serverVersion) return command;
  }
  return undefined;
};

/** The connection for libpq, without a password in the list of processes. */
export const libpqEnvironment = (url: string): NodeJS.ProcessEnv => {
  const { hostname, port, username, password, pathname, searchParams } = new URL(url);
  return {
    ...process.env,
    PGHOST: decodeURIComponent(hostname),
    PGPORT: port || '5432',
    PGUSER: decodeURIComponent(username),
    PGDATABASE: decodeURIComponent(pathname.slice(1)),
    ...(password && { PGPASSWORD: decodeURIComponent(password) }),
    ...(searchParams.has('sslmode') && { PGSSLMODE: searchParams.get('sslmode') ?? '' }),
    ...(process.env['NODE_EXTRA_CA_CERTS'] && { PGSSLROOTCERT: process.env['NODE_EXTRA_CA_CERTS'] }),
  };
};
