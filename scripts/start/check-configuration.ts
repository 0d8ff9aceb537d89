import { execFile } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { StackError } from '@backend2/dev-stack';

const command = fileURLToPath(new URL('configuration-command.ts', import.meta.url));

/**
 * Whether every service could run with this environment.
 *
 * @throws StackError that names every offending variable of all services at once.
 */
export const checkConfiguration = (env: NodeJS.ProcessEnv): Promise<void> =>
  // A process of its own: what it loads is not needed afterwards.
  new Promise((resolve, reject) => {
    execFile(
      process.execPath,
      ['--conditions=@backend2/source', command],
      { env },
      (error, _stdout, stderr) => {
        if (error === null) resolve();
        else reject(new StackError(stderr.trim() || error.message));
      },
    );
  });
