import { basename, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { StackError, startProcess } from '@backend2/dev-stack';
import { stopRequest } from '../stop-request.ts';
import { parseDevOptions } from './options.ts';
import { enter } from './stack-socket.ts';

// The `dev` task of a service, run in its folder: starts it once the stack is there, and again whenever
// a file it has loaded changes.

const root = fileURLToPath(new URL('../..', import.meta.url));
const folder = process.cwd();
const name = basename(folder);
/** Longer than STOP_GRACE, which ends a service by itself. */
const graceMs = 15_000;
const { first: stop, again } = stopRequest();

try {
  const { dataDir } = parseDevOptions(root, process.argv.slice(2));
  process.chdir(root);
  const { environment, lost } = await enter(dataDir, stop);
  stop.throwIfAborted();
  const service = startProcess({
    command: process.execPath,
    args: [
      '--conditions=@backend2/source',
      '--watch',
      '--watch-preserve-output',
      join(folder, 'src/main.ts'),
    ],
    env: { ...environment, LOG_FORMAT: process.env['LOG_FORMAT'] ?? 'pretty' },
    pidFile: join(dataDir, 'run', `${name}.pid.json`),
    stopSignal: 'SIGTERM',
  });
  stop.addEventListener('abort', () => void service.stop(graceMs));
  again.addEventListener('abort', () => void service.kill());
  void lost.then(() => service.stop(graceMs));
  const { code } = await service.exited;
  process.exit(stop.aborted ? 0 : (code ?? 1));
} catch (error) {
  if (stop.aborted) process.exit(0);
  const reason = error instanceof StackError ? error.message : error;
  console.error(`${name} cannot be started:`, reason);
  process.exit(1);
}
