import { execFile, execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { checklist, expect } from './checklist.ts';
import { isOurs, readComposeFile, targetOf } from './compose-file.ts';
import { engine } from './engine.ts';

// Run by scripts/verify-reproducible. What may be set:
//   VERIFY_BUILD   docker buildx build --output type=docker,rewrite-timestamp=true   makes an image of a Dockerfile; files in
//                  its layers get the time SOURCE_DATE_EPOCH, which is in the environment and a build argument,
//                  and stands for $SOURCE_DATE_EPOCH here: podman build --timestamp $SOURCE_DATE_EPOCH
//   VERIFY_DOCKER  docker                                                            every other command

const root = fileURLToPath(new URL('../..', import.meta.url));
const git = (...args: string[]): string => execFileSync('git', args, { cwd: root, encoding: 'utf8' }).trim();
const words = (command: string): string[] => command.split(' ').filter((word) => word !== '');
if (git('status', '--porcelain') !== '') {
  console.error('There are changes that are not committed: what is built would be of no commit.');
  process.exit(2);
}
const epoch = git('log', '-1', '--format=%ct');
const build = words(
  process.env['VERIFY_BUILD'] || 'docker buildx build --output type=docker,rewrite-timestamp=true',
).map((word) => word.replace('$SOURCE_DATE_EPOCH', epoch));
const env = { ...process.env, SOURCE_DATE_EPOCH: epoch };
const docker = process.env['VERIFY_DOCKER'] || 'docker';
const machine = engine({ project: '', up: '', compose: '', docker, inside: '', env, cwd: root });
const targets =
  process.argv.length > 2
    ? process.argv.slice(2)
    : [...new Set(Object.values(readComposeFile(root).services).filter(isOurs).map(targetOf))];

/** What stands in an image: kind, mode, owner, size, time, name and where a link leads; then what is in each file. */
const look = 'find / -xdev -printf "%y %m %U:%G %s %Ts %p %l\\n"; find / -xdev -type f -exec sha256sum {} +';
/** The engine's own, in every container. */
const mounted = /^\/(proc|sys|dev|run|etc\/(hosts|hostname|resolv\.conf|mtab)|\.dockerenv)(\/| |$)/;

const contentsOf = async (image: string): Promise<Map<string, string>> => {
  const shell = ['run', '--rm', '--network', 'none', '--user', '0', '--entrypoint', 'sh', image, '-c', look];
  const contents = new Map<string, string>();
  for (const line of (await machine.docker(...shell)).split('\n')) {
    const found = /^((?:\S \d+ \d+:\d+ \d+ \d+)|[\da-f]{64}) +(\/.*)$/.exec(line);
    const path = found?.[2]?.trimEnd() ?? '';
    if (path === '' || mounted.test(path)) continue;
    // The size of a folder is the file system's business, and its time changes where the engine mounts something in it.
    const about = (found?.[1] ?? '').replace(/^(d \d+ \d+:\d+) .*/, '$1');
    contents.set(path, [contents.get(path), about].filter(Boolean).join(' '));
  }
  return contents;
};

const differencesOf = async (images: readonly string[]): Promise<string> => {
  const [one = new Map<string, string>(), other = new Map<string, string>()] = await Promise.all(
    images.map(contentsOf),
  );
  const differing = [...new Set([...one.keys(), ...other.keys()])]
    .filter((path) => one.get(path) !== other.get(path))
    .map((path) => `${path}\n  ${one.get(path) ?? 'absent'}\n  ${other.get(path) ?? 'absent'}`);
  return `${differing.length} of ${one.size} files and folders differ:\n${differing.slice(0, 30).join('\n')}`;
};

const layersOf = async (image: string): Promise<string[]> => {
  const text = await machine.docker('image', 'inspect', '--format', '{{json .RootFS.Layers}}', image);
  return JSON.parse(text.trim().split('\n').at(-1) ?? '') as string[];
};

const folder = mkdtempSync(join(tmpdir(), 'backend2-reproducible-'));
const dockerfile = join(folder, 'Dockerfile');
// An argument of its own for each round makes every step anew, once for all images, where --no-cache would build what they
// share for each of them.
writeFileSync(
  dockerfile,
  readFileSync(join(root, 'infra/docker/Dockerfile'), 'utf8').replaceAll(
    /^FROM .*$/gm,
    '$&\nARG VERIFY_ROUND',
  ),
);
const rounds = [1, 2].map((number) => ({ number, id: `${Date.now()}-${number}` }));
const imageOf = (target: string, { number }: { readonly number: number }): string =>
  `backend2/${target}:reproducible-${number}`;

const list = checklist();
try {
  for (const round of rounds)
    for (const target of targets)
      await list.check(`${imageOf(target, round)} is built`, async () => {
        const args = ['--file', dockerfile, '--target', target, '--tag', imageOf(target, round)];
        const values = [`SOURCE_DATE_EPOCH=${epoch}`, `VERIFY_ROUND=${round.id}`];
        const [program = '', ...first] = build;
        await promisify(execFile)(
          program,
          [...first, ...args, ...values.flatMap((value) => ['--build-arg', value]), '.'],
          { cwd: root, env, maxBuffer: 64 * 2 ** 20 },
        );
      });
  for (const target of targets)
    await list.check(`${target}: both are the same bit for bit, layer by layer`, async () => {
      const images = rounds.map((round) => imageOf(target, round));
      const [one = [], other = []] = await Promise.all(images.map(layersOf));
      const differing = one.flatMap((digest, place) => (digest === other[place] ? [] : [String(place + 1)]));
      if (one.length !== other.length || differing.length > 0)
        throw new Error(
          `of ${one.length} and ${other.length} layers these differ: ${differing.join(', ')}\n${await differencesOf(images)}`,
        );
      expect(one.length > 1, 'an image without layers of its own');
      await machine.docker('image', 'rm', ...images);
      return `${one.length} layers, the last ${one.at(-1)}`;
    });
} finally {
  rmSync(folder, { recursive: true });
}
console.log(`${list.passed} passed, ${list.failed} failed`);
process.exitCode = list.failed > 0 ? 1 : 0;
