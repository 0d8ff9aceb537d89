import { spawnSync } from 'node:child_process';
import { StackError } from './stack-error.ts';

const names = ['redis-server', 'valkey-server'];
const oldest = [6, 2] as const;

export const oldestRedis = oldest.join('.');

function versionOf(command: string): string | undefined {
  const { stdout, status } = spawnSync(command, ['--version'], { encoding: 'utf8' });
  return status === 0 ? /v=(\d+\.\d+)/.exec(stdout)?.[1] : undefined;
}

/** Of a version such as `7.0.15`. */
export function isSupportedRedis(version: string): boolean {
  const [major = 0, minor = 0] = version.split('.').map(Number);
  return major > oldest[0] || (major === oldest[0] && minor >= oldest[1]);
}

export const howToInstallRedis =
  'Install it with one of\n' +
  '  Debian, Ubuntu   sudo apt-get install redis-server\n' +
  '  Fedora, RHEL     sudo dnf install valkey\n' +
  '  macOS            brew install redis\n' +
  '  anywhere         docker run -d -p 6379:6379 redis:7-alpine   and set REDIS_URL=redis://127.0.0.1:6379';

/** The command of a server on PATH that is new enough; undefined when there is none at all. */
export function findRedis(): string | undefined {
  const tooOld: string[] = [];
  for (const name of names) {
    const version = versionOf(name);
    if (version === undefined) continue;
    if (isSupportedRedis(version)) return name;
    tooOld.push(`${name} ${version}`);
  }
  if (tooOld.length > 0) {
    throw new StackError(
      `Redis ${oldestRedis} or newer is needed, and PATH has only ${tooOld.join(' and ')}. ${howToInstallRedis}`,
    );
  }
  return undefined;
}
