import { spawn } from 'node:child_process';
import { join } from 'node:path';

export interface TestRun {
  /** TAP, as far as it came. */
  readonly output: string;
  /** It did not end by itself. */
  readonly cutOff: boolean;
}

/** How long the processes of a test may take to end once it has told its result. */
const lastWordsMs = 10_000;

const results = (output: string): number =>
  [...output.matchAll(/^ok \d+ - |^not ok \d+ - .*\n {2}---\n[\s\S]*?^ {2}\.\.\.$/gm)].length;

/** Runs the tests of one file whose titles match, for so long at most; ends with all the processes they left. */
export function runTests(
  folder: string,
  file: string,
  titles: readonly string[],
  { withinMs, env }: { readonly withinMs: number; readonly env: Readonly<Record<string, string>> },
): Promise<TestRun> {
  const ava = join(folder, 'node_modules/ava/entrypoints/cli.js');
  const matches = titles.flatMap((title) => ['--match', title]);
  const child = spawn(process.execPath, [ava, '--tap', file, ...matches], {
    cwd: folder,
    env: { ...process.env, ...env, NODE_OPTIONS: '--conditions=@backend2/source' },
    stdio: ['ignore', 'pipe', 'pipe'],
    detached: true,
  });
  let output = '';
  let cutOff = false;
  let told: NodeJS.Timeout | undefined;
  for (const stream of [child.stdout, child.stderr]) {
    stream.setEncoding('utf8').on('data', (text: string) => {
      output += text;
      if (results(output) >= titles.length) told ??= setTimeout(endGroup, lastWordsMs);
    });
  }
  const endGroup = (): void => {
    try {
      if (child.pid !== undefined) process.kill(-child.pid, 'SIGKILL');
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'ESRCH') throw error;
    }
  };
  const timer = setTimeout(() => {
    cutOff = true;
    endGroup();
  }, withinMs);
  return new Promise((resolve, reject) => {
    child.once('error', reject);
    child.once('close', () => {
      clearTimeout(timer);
      clearTimeout(told);
      endGroup();
      resolve({ output, cutOff });
    });
  });
}
