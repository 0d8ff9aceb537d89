import { execFileSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { checklist, expect } from './checklist.ts';
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

const list = checklist();
for (const target of process.argv.length > 2 ? process.argv.slice(2) : ['gateway']) {
  const images = [1, 2].map((round) => `backend2/${target}:reproducible-${round}`);
  for (const image of images) {
    await list.check(`${image} is built from nothing`, async () => {
      const args = ['--no-cache', '--file', 'infra/docker/Dockerfile', '--target', target, '--tag', image];
      execFileSync(
        build[0] ?? '',
        [...build.slice(1), ...args, '--build-arg', `SOURCE_DATE_EPOCH=${epoch}`, '.'],
        { cwd: root, env, stdio: ['ignore', 'ignore', 'pipe'], maxBuffer: 64 * 2 ** 20 },
      );
    });
  }
  await list.check(
    `${target}: both hold the same files, with the same times, owners and contents`,
    async () => {
      const [one, other] = await Promise.all(images.map(contentsOf));
      if (!one || !other) throw new Error('there are not two images');
      const paths = new Set([...one.keys(), ...other.keys()]);
      const differing = [...paths]
        .filter((path) => one.get(path) !== other.get(path))
        .map((path) => `${path}\n  ${one.get(path) ?? 'absent'}\n  ${other.get(path) ?? 'absent'}`);
      expect(differing.length === 0, `${differing.length} differ:\n${differing.slice(0, 30).join('\n')}`);
      return `${one.size} files and folders`;
    },
  );
  await list.check(`${target}: both are the same bit for bit, layer by layer`, async () => {
    const layers = await Promise.all(
      images.map((image) => machine.docker('image', 'inspect', '--format', '{{json .RootFS.Layers}}', image)),
    );
    const [one = [], other = []] = layers.map(
      (text) => JSON.parse(text.trim().split('\n').at(-1) ?? '') as string[],
    );
    const differing = one.flatMap((digest, place) => (digest === other[place] ? [] : [String(place + 1)]));
    expect(
      one.length === other.length && differing.length === 0,
      `of ${one.length} and ${other.length} layers these differ: ${differing.join(', ')}`,
    );
    return `${one.length} layers, the last ${one.at(-1)}`;
  });
}
console.log(`${list.passed} passed, ${list.failed} failed`);
process.exitCode = list.failed > 0 ? 1 : 0;
