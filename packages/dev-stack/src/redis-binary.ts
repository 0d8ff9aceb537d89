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

const elsewhere =
  '  macOS            brew install redis\n' +
  '  anywhere         docker run -d -p 6379:6379 redis:7-alpine   and set REDIS_URL=redis://127.0.0.1:6379';

export const howToInstallRedis =
  'Install it with one of\n' +
  '  Debian, Ubuntu   sudo apt-get install redis-server\n' +
  '  Fedora, RHEL     sudo dnf install valkey\n' +
  elsewhere;

/** Where a distribution has only an old one, its own package would bring the same again. */
const howToRenewRedis =
  'Get a newer one with one of\n' +
  '  Debian, Ubuntu   the packages of Redis itself: https://packages.redis.io says how\n' +
  elsewhere;

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
      `Redis ${oldestRedis} or newer is needed, and PATH has only ${tooOld.join(' and ')}. ${howToRenewRedis}`,
    );
  }
  return undefined;
}
