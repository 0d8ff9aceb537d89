import { chmod, mkdir, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { homedir } from 'node:os';
import { dirname, join } from 'node:path';
import type { Tokens } from '@backend2/client';
import type { Io } from './io.ts';

/** Who is signed in where. */
export interface StoredSession {
  readonly url: string;
  readonly tokens: Tokens;
}

/** `$BACKEND2_CONFIG_DIR`, else `backend2` in the user's own configuration folder. */
const sessionPath = (env: Io['env']): string =>
  join(
    env['BACKEND2_CONFIG_DIR'] ?? join(env['XDG_CONFIG_HOME'] ?? join(homedir(), '.config'), 'backend2'),
    'session.json',
  );

export const loadSession = async (env: Io['env']): Promise<StoredSession | undefined> => {
  const text = await readFile(sessionPath(env), 'utf8').catch((error: unknown) => {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
    throw error;
  });
  if (text === undefined) return undefined;
  try {
    const { url, tokens } = JSON.parse(text) as Partial<StoredSession>;
    return url !== undefined && typeof tokens?.accessToken === 'string' ? { url, tokens } : undefined;
  } catch {
    // Half a file of an older version, say: as good as not signed in.
    return undefined;
  }
};

/** Readable by its owner only, and never there in part. */
export const saveSession = async (env: Io['env'], session: StoredSession | undefined): Promise<void> => {
  const path = sessionPath(env);
  if (!session) return rm(path, { force: true });
  await mkdir(dirname(path), { recursive: true, mode: 0o700 });
  const draft = `${path}.${process.pid}`;
  await writeFile(draft, JSON.stringify(session), { mode: 0o600 });
  await chmod(draft, 0o600);
  await rename(draft, path);
};
