import { execFile } from 'node:child_process';
import { join } from 'node:path';
import { StackError } from '@backend2/dev-stack';
import { serviceNames } from './service-plan.ts';

/**
 * Asks every service whether it could run with this environment.
 *
 * @throws StackError that names every offending variable of all services at once.
 */
export async function checkConfiguration(root: string, env: NodeJS.ProcessEnv): Promise<void> {
  const answers = await Promise.all(serviceNames.map((name) => ask(root, name, env)));
  const lines = new Set(answers.flat());
  if (lines.size > 0) throw new StackError([...lines].join('\n'));
}

/** What it says against the environment, by line; nothing when it could run. */
function ask(root: string, name: string, env: NodeJS.ProcessEnv): Promise<string[]> {
  const main = join(root, 'services', name, 'src/main.ts');
  const args = ['--conditions=@backend2/source', main, '--check-config'];
  return new Promise((resolve) => {
    execFile(process.execPath, args, { env }, (error, _stdout, stderr) => {
      if (error === null) resolve([]);
      else resolve((stderr.trim() || error.message).split('\n'));
    });
  });
}
