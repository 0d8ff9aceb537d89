import { spawnSync } from 'node:child_process';
import { existsSync, rmSync, writeFileSync } from 'node:fs';
import { findRedis, howToInstallRedis } from './redis-binary.ts';
import { runCommand } from './run-command.ts';
import { StackError } from './stack-error.ts';

const policy = '/usr/sbin/policy-rc.d';

function privileged(): readonly string[] | undefined {
  if (process.getuid?.() === 0) return [];
  const sudo = spawnSync('sudo', ['-n', 'true'], { stdio: 'ignore' });
  return sudo.status === 0 ? ['sudo', '-n'] : undefined;
}

/**
 * Returns the server on PATH, after installing Debian's package where that is possible without asking
 * for a password. The package's own service is kept from starting: the stack runs its own.
 */
export async function findOrInstallRedis(say: (line: string) => void): Promise<string> {
  const found = findRedis();
  if (found !== undefined) return found;
  const prefix = existsSync('/usr/bin/apt-get') ? privileged() : undefined;
  if (prefix === undefined) throw new StackError(`There is no Redis here. ${howToInstallRedis}`);

  say("Installing Debian's redis-server package");
  // Only root can lay down the policy that keeps a package from starting its service.
  const ownPolicy = prefix.length === 0 && !existsSync(policy);
  if (ownPolicy) writeFileSync(policy, '#!/bin/sh\nexit 101\n', { mode: 0o755 });
  const env = { ...process.env, DEBIAN_FRONTEND: 'noninteractive', RUNLEVEL: '1' };
  const identity = { prefix: [...prefix, 'env', 'DEBIAN_FRONTEND=noninteractive', 'RUNLEVEL=1'] };
  try {
    await runCommand('apt-get', ['update', '-qq'], { env, identity });
    await runCommand('apt-get', ['install', '-y', '-qq', '--no-install-recommends', 'redis-server'], {
      env,
      identity,
    });
  } catch (cause) {
    throw new StackError(
      `Debian's redis-server package could not be installed: ${(cause as Error).message}\n${howToInstallRedis}`,
      { cause },
    );
  } finally {
    if (ownPolicy) rmSync(policy, { force: true });
  }
  const installed = findRedis();
  if (installed === undefined) throw new StackError(`redis-server is not on PATH. ${howToInstallRedis}`);
  return installed;
}
