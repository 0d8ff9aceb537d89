import { existsSync, readdirSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { runCommand } from '@backend2/dev-stack';

function newest(path: string): number {
  if (!existsSync(path)) return 0;
  const stat = statSync(path);
  if (!stat.isDirectory()) return stat.mtimeMs;
  return Math.max(stat.mtimeMs, ...readdirSync(path).map((name) => newest(join(path, name))));
}

const sources = [
  ...['src', 'public', 'index.html', 'vite.config.ts', 'package.json'].map(
    (name) => `packages/dashboard/${name}`,
  ),
  'packages/client/src',
  'packages/contracts/src',
];

/** Builds the page unless what was built is newer than all it is made of. */
export async function buildDashboard(root: string, say: (line: string) => void): Promise<void> {
  const built = join(root, 'packages/dashboard/dist/index.html');
  if (existsSync(built) && newest(built) > Math.max(...sources.map((source) => newest(join(root, source)))))
    return;
  say('Building the page');
  const folder = join(root, 'packages/dashboard');
  await runCommand(process.execPath, [join(folder, 'node_modules/vite/bin/vite.js'), 'build', folder], {
    what: 'Building the page',
    // What Vite keeps compiled goes into the system's folder for passing files, and stays there.
    env: { ...process.env, NODE_DISABLE_COMPILE_CACHE: '1' },
  });
}
