import { spawn } from 'node:child_process';
import { basename, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { stopRequest } from '../stop-request.ts';
import { readEnvironment } from './environment-file.ts';

// The `dev` task of a service, run in its folder: starts it once the stack is there, and again whenever
// a file it has loaded changes.

const root = fileURLToPath(new URL('../..', import.meta.url));
const { first: stop, again } = stopRequest();

try {
  const environment = await readEnvironment(join(root, '.data'), stop);
  const main = join(process.cwd(), 'src/main.ts');
  const service = spawn(
    process.execPath,
    ['--conditions=@backend2/source', '--watch', '--watch-preserve-output', main],
    {
      cwd: root,
      stdio: 'inherit',
      env: { ...environment, LOG_FORMAT: process.env['LOG_FORMAT'] ?? 'pretty' },
    },
  );
  stop.addEventListener('abort', () => service.kill('SIGTERM'));
  again.addEventListener('abort', () => service.kill('SIGKILL'));
  service.once('exit', (code) => process.exit(stop.aborted ? 0 : (code ?? 1)));
} catch (error) {
  if (stop.aborted) process.exit(0);
  console.error(`${basename(process.cwd())} cannot be started:`, error);
  process.exit(1);
}
