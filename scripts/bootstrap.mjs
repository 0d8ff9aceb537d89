// Runs a verb of the repository on a machine that has only Node.js 20, npm and git: installs what the
// lockfile says if that is not there yet, then hands over to scripts/<verb> under the pinned Node.js.
import { spawn, spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, readFileSync, readdirSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const root = dirname(dirname(fileURLToPath(import.meta.url)));
const stamp = join(root, 'node_modules', '.backend2-installed');
const [verb = 'start', ...args] = process.argv.slice(2);

/** Ends with one sentence instead of a stack. */
function fail(sentence) {
  console.error(sentence);
  process.exit(1);
}

function workspaceFolders() {
  return ['services', 'packages'].flatMap((parent) =>
    readdirSync(join(root, parent), { withFileTypes: true })
      .filter((entry) => entry.isDirectory() && existsSync(join(root, parent, entry.name, 'package.json')))
      .map((entry) => join(root, parent, entry.name)),
  );
}

/** Changes whenever an install could have something to do. */
function wanted() {
  const hash = createHash('sha256').update(`${process.platform}-${process.arch}`);
  const files = ['pnpm-lock.yaml', 'pnpm-workspace.yaml', 'package.json'].map((name) => join(root, name));
  for (const folder of workspaceFolders()) files.push(join(folder, 'package.json'));
  for (const file of files) hash.update(file.slice(root.length)).update(readFileSync(file));
  return hash.digest('hex');
}

function isInstalled() {
  const inPlace = [root, ...workspaceFolders()].every((folder) => existsSync(join(folder, 'node_modules')));
  return inPlace && existsSync(stamp) && readFileSync(stamp, 'utf8') === wanted();
}

function install() {
  const { packageManager } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8'));
  const version = packageManager.split('@')[1];
  const found = spawnSync('pnpm', ['--version'], { cwd: root, encoding: 'utf8' });
  const isThere = found.status === 0 && found.stdout.trim() === version;
  const [command, ...before] = isThere ? ['pnpm'] : ['npx', '-y', `pnpm@${version}`];
  console.log('Installing the dependencies from the lockfile');
  const { status, error } = spawnSync(
    command,
    [...before, 'install', '--frozen-lockfile', '--reporter=append-only'],
    {
      cwd: root,
      encoding: 'utf8',
      stdio: ['ignore', process.stdout.isTTY ? 'inherit' : 'pipe', 'inherit'],
      maxBuffer: 64 * 1024 * 1024,
    },
  );
  if (error !== undefined || status !== 0) {
    fail(
      `The dependencies could not be installed (${error?.message ?? `${command} ended with ${status}`}). ` +
        'Check the network, the registry npm is set to, and the space on the disk, then run this again.',
    );
  }
  writeFileSync(stamp, wanted());
}

if (Number(process.versions.node.split('.')[0]) < 20) {
  fail(`Node.js 20 or newer is needed, and this is ${process.version}.`);
}
if (!isInstalled()) install();

const script = [`scripts/${verb}/main.ts`, `scripts/${verb}.ts`].find((file) => existsSync(join(root, file)));
if (script === undefined) fail(`There is no scripts/${verb}.ts and no scripts/${verb}/main.ts.`);

const bin = join(root, 'node_modules', '.bin');
const child = spawn(join(bin, 'node'), ['--conditions=@backend2/source', join(root, script), ...args], {
  // The IPC channel tells the child when this process dies, so that it can stop what it started.
  stdio: ['inherit', 'inherit', 'inherit', 'ipc'],
  cwd: process.cwd(),
  env: { ...process.env, PATH: `${bin}:${process.env.PATH ?? ''}` },
});
child.once('error', (error) => fail(`The pinned Node.js cannot be started: ${error.message}.`));
let asked = false;
for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP']) {
  process.on(signal, () => {
    asked = true;
    child.kill(signal);
  });
}

/** Those whose end is ours: the parent and, where npm put a shell between, npm itself. */
function forebears() {
  if (process.env.npm_lifecycle_event === undefined || process.platform !== 'linux') return `${process.ppid}`;
  try {
    const stat = readFileSync(`/proc/${process.ppid}/stat`, 'utf8');
    return `${process.ppid} ${stat.slice(stat.lastIndexOf(')') + 2).split(' ')[1]}`;
  } catch {
    return 'gone';
  }
}
const first = forebears();
// npm may be killed without a word to us.
setInterval(() => {
  if (asked || forebears() === first) return;
  asked = true;
  child.kill('SIGTERM');
}, 1_000).unref();
child.once('exit', (code, signal) => {
  process.exitCode = code ?? (signal === null ? 1 : 128 + 15);
  if (child.connected) child.disconnect();
});
