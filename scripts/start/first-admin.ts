import { createHash } from 'node:crypto';
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { serverName } from '@backend2/database';
import { type DataFolder, StackError, runCommand } from '@backend2/dev-stack';

export interface Credentials {
  readonly email: string;
  readonly password: string;
}

/** Of the database in the folder, or of the one that DATABASE_URL names: what opens one is not tried on another. */
function fileOf(env: NodeJS.ProcessEnv): string {
  const url = env['DATABASE_URL'];
  if (!url) return 'first-admin.json';
  return `first-admin-${createHash('sha256').update(serverName(url)).digest('hex').slice(0, 12)}.json`;
}

/**
 * Makes the first admin on a database that has none, and keeps its credentials in the folder. Returns undefined where
 * there was one already. `given` is the environment of the person, `env` that of the services.
 */
export async function createFirstAdmin(
  root: string,
  folder: DataFolder,
  env: NodeJS.ProcessEnv,
  given: NodeJS.ProcessEnv,
): Promise<Credentials | undefined> {
  const script = join(root, 'services/auth/src/create-admin.ts');
  const output = await runCommand(process.execPath, ['--conditions=@backend2/source', script, '--if-none'], {
    env,
    what: 'Making the first admin',
  });
  const line = output.trim().split('\n').at(-1) ?? '';
  const answer = (line.startsWith('{') ? JSON.parse(line) : {}) as Partial<Credentials>;
  if (answer.email === undefined || answer.password === undefined) return undefined;
  const admin = { email: answer.email, password: answer.password };
  folder.writeSecret(fileOf(given), `${JSON.stringify(admin)}\n`);
  return admin;
}

/** Who submits the sweep: whoever the environment names, else the first admin, kept beside the data. */
export function sweepCredentials(folder: Pick<DataFolder, 'path'>, env: NodeJS.ProcessEnv): Credentials {
  const email = env['BACKEND2_EMAIL'];
  const password = env['BACKEND2_PASSWORD'];
  if (email && password) return { email, password };
  const path = join(folder.path, fileOf(env));
  if (existsSync(path)) return JSON.parse(readFileSync(path, 'utf8')) as Credentials;
  throw new StackError(
    'The database has users already and nobody is named to submit the sweep: ' +
      'set BACKEND2_EMAIL and BACKEND2_PASSWORD, or leave it out with --no-sweep.',
  );
}
