import { spawn } from 'node:child_process';
import { join } from 'node:path';
import { StackError } from '@backend2/dev-stack';
import { avaSummary, countsLine } from './ava-summary.ts';
import { startTestServers } from './start-test-servers.ts';
import { hasTestServers } from './test-servers.ts';

// Runs the tests of the package in the current folder; arguments go to ava.

type Servers = Awaited<ReturnType<typeof startTestServers>>;

function runAva(environment: Record<string, string>, stop: AbortSignal) {
  const ava = join(process.cwd(), 'node_modules/ava/entrypoints/cli.js');
  const child = spawn(process.execPath, [ava, ...process.argv.slice(2)], {
    env: { ...process.env, NODE_OPTIONS: '--conditions=@backend2/source', ...environment },
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  stop.addEventListener('abort', () => child.kill('SIGTERM'));
  let output = '';
  child.stdout.setEncoding('utf8').on('data', (text: string) => {
    output += text;
    process.stdout.write(text);
  });
  return new Promise<{ output: string; code: number | null }>((resolve, reject) => {
    child.once('error', reject);
    child.once('close', (code) => resolve({ output, code }));
  });
}

const interrupted = new AbortController();
for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) {
  process.on(signal, () => interrupted.abort());
}

let servers: Servers | undefined;
try {
  servers = hasTestServers() ? undefined : await startTestServers();
  const { output, code } = interrupted.signal.aborted
    ? { output: '', code: 1 }
    : await runAva(servers?.environment ?? {}, interrupted.signal);
  const counts = avaSummary(output, code);
  await servers?.stop();
  servers = undefined;
  console.log(countsLine(counts));
  process.exitCode = counts.failed > 0 || code !== 0 ? 1 : 0;
} catch (error) {
  await servers?.stop();
  console.error(error instanceof StackError ? error.message : error);
  console.log(countsLine({ passed: 0, failed: 1, skipped: 0 }));
  process.exitCode = 1;
}
