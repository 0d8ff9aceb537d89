import { spawn } from 'node:child_process';
import { existsSync, readdirSync } from 'node:fs';
import { join } from 'node:path';

export interface Suite {
  readonly name: string;
  readonly folder: string;
  readonly args: readonly string[];
  /** How many of the run's slots it takes: suites that start a whole stack run alone. */
  readonly weight: number;
}

export interface SuiteResult {
  readonly passed: number;
  readonly failed: number;
  readonly skipped: number;
  readonly output: string;
}

const longest = 20 * 60_000;

/** The suites of the workspace: the checks, every package and service that has tests, and the scripts. */
export function findSuites(root: string): Suite[] {
  const runner = join(root, 'packages/testkit/src/run-suite.ts');
  const packages = ['packages', 'services'].flatMap((parent) =>
    readdirSync(join(root, parent))
      .filter((name) => existsSync(join(root, parent, name, 'package.json')))
      .map((name) => ({ name, folder: join(root, parent, name), args: [runner], weight: 1 })),
  );
  return [
    { name: 'check', folder: root, args: [join(root, 'scripts/check.ts')], weight: 1 },
    ...packages,
    { name: 'scripts', folder: root, args: [runner], weight: 2 },
  ];
}

/** Runs it in a process group of its own; aborting ends the whole group. */
export function runSuite(suite: Suite, env: NodeJS.ProcessEnv, stop: AbortSignal): Promise<SuiteResult> {
  const child = spawn(process.execPath, ['--conditions=@backend2/source', ...suite.args], {
    cwd: suite.folder,
    env,
    detached: true,
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  let output = '';
  child.stdout.setEncoding('utf8').on('data', (text: string) => (output += text));
  child.stderr.setEncoding('utf8').on('data', (text: string) => (output += text));
  const end = (signal: NodeJS.Signals) => {
    try {
      if (child.pid !== undefined) process.kill(-child.pid, signal);
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'ESRCH') throw error;
    }
  };
  const onStop = () => end('SIGTERM');
  stop.addEventListener('abort', onStop);
  const timer = setTimeout(() => {
    output += `\nended after ${longest / 60_000} minutes\n`;
    end('SIGKILL');
  }, longest);
  return new Promise((resolve, reject) => {
    child.once('error', reject);
    child.once('close', (code) => {
      clearTimeout(timer);
      stop.removeEventListener('abort', onStop);
      end('SIGKILL'); // whatever a test left running
      resolve({ ...counts(output, code), output });
    });
  });
}

/** A suite that ends without its counts has not proved anything: one failure; the checks count as one. */
function counts(output: string, code: number | null): Omit<SuiteResult, 'output'> {
  const found = [...output.matchAll(/^(\d+) passed, (\d+) failed, (\d+) skipped$/gm)].at(-1);
  const [passed, failed, skipped] = found?.slice(1).map(Number) ?? [code === 0 ? 1 : 0, 0, 0];
  return {
    passed: passed ?? 0,
    failed: code === 0 ? (failed ?? 0) : Math.max(1, failed ?? 0),
    skipped: skipped ?? 0,
  };
}
