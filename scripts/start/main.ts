import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { ApiError, NetworkError } from '@backend2/client';
import { StackError } from '@backend2/dev-stack';
import { stopRequest } from '../stop-request.ts';
import { type Backend, startBackend } from './backend.ts';
import { sweepCredentials } from './first-admin.ts';
import { type StartOptions, parseOptions, usage } from './options.ts';
import { createProgress } from './progress.ts';
import { runSweep } from './run-sweep.ts';

// `npm start`: from a bare machine to a filled image matrix.

const root = fileURLToPath(new URL('../..', import.meta.url));
const say = (line: string) => console.log(line);
const { first: stop, again } = stopRequest();

async function sweep(backend: Backend): Promise<boolean> {
  const { succeeded } = await runSweep({
    url: backend.url,
    apiPath: process.env['API_V1_STR'],
    credentials: sweepCredentials(backend.folder, process.env),
    file: join(root, 'docs/examples/sweep.json'),
    folder: backend.folder.path,
    progress: createProgress(process.stdout),
    say,
    stop,
  });
  return succeeded;
}

function stopped(): Promise<void> {
  return new Promise((resolve) => {
    if (stop.aborted) resolve();
    else stop.addEventListener('abort', () => resolve(), { once: true });
  });
}

/** Answers the exit status. */
async function run(options: StartOptions): Promise<number> {
  const backend = await startBackend({
    root,
    dataDir: options.data ?? join(root, '.data'),
    port: options.port,
    fresh: options.fresh,
    env: process.env,
    say,
    stop,
  });
  again.addEventListener('abort', () => {
    say('Killing everything');
    void backend.kill().finally(() => process.exit(130));
  });
  try {
    if (backend.firstAdmin !== undefined) {
      const { email, password } = backend.firstAdmin;
      say(`\n  Admin     ${email}\n  Password  ${password}   (shown only now; change it in the page)\n`);
    }
    say(`Open ${backend.url}`);
    let succeeded = true;
    if (options.sweep) {
      succeeded = await sweep(backend).catch((error: unknown) => {
        if (options.once || stop.aborted) throw error;
        say(`The sweep could not be run: ${explain(error)}`);
        return false;
      });
      say(`Open ${backend.url} to see the matrix`);
    }
    if (options.once) return succeeded ? 0 : 1;
    if (!stop.aborted) say('Running; Ctrl-C stops everything');
    await stopped();
    return 0;
  } finally {
    say('Stopping');
    await backend.stop();
  }
}

/** One sentence for what a person can mend; the whole error for a fault of ours. */
function explain(error: unknown): string {
  if (error instanceof StackError || error instanceof ApiError || error instanceof NetworkError) {
    return error.message;
  }
  return error instanceof Error ? (error.stack ?? error.message) : String(error);
}

let status: number;
try {
  const options = parseOptions(process.argv.slice(2));
  if (options.help) {
    say(usage);
    process.exit(0);
  }
  status = await run(options);
} catch (error) {
  if (!stop.aborted) console.error(explain(error));
  status = stop.aborted ? 130 : 1;
}
process.exit(status);
