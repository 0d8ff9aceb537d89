import { spawnSync } from 'node:child_process';
import { existsSync, rmSync, writeFileSync } from 'node:fs';
import { runCommand } from './run-command.ts';
import { StackError } from './stack-error.ts';

const policy = '/usr/sbin/policy-rc.d';

/** What to put before a command so that root runs it; undefined where that needs a password. */
function privileged(): readonly string[] | undefined {
  if (process.getuid?.() === 0) return [];
  const sudo = spawnSync('sudo', ['-n', 'true'], { stdio: 'ignore' });
  return sudo.status === 0 ? ['sudo', '-n'] : undefined;
}

/**
 * Installs a package of Debian or Ubuntu where that is possible without asking for a password; false where it is not.
 * A service of the package is kept from starting.
 * @throws StackError where apt-get failed.
 */
export async function installDebianPackage(name: string, say: (line: string) => void): Promise<boolean> {
  const prefix = existsSync('/usr/bin/apt-get') ? privileged() : undefined;
  if (prefix === undefined) return false;

  say(`Installing Debian's ${name} package`);
  // Only root can lay down the policy that keeps a package from starting its service.
  const ownPolicy = prefix.length === 0 && !existsSync(policy);
  if (ownPolicy) writeFileSync(policy, '#!/bin/sh\nexit 101\n', { mode: 0o755 });
  const env = { ...process.env, DEBIAN_FRONTEND: 'noninteractive', RUNLEVEL: '1' };
  const identity = { prefix: [...prefix, 'env', 'DEBIAN_FRONTEND=noninteractive', 'RUNLEVEL=1'] };
  try {
    await runCommand('apt-get', ['update', '-qq'], { env, identity });
    await runCommand('apt-get', ['install', '-y', '-qq', '--no-install-recommends', name], { env, identity });
  } catch (cause) {
    throw new StackError(`Debian's ${name} package could not be installed: ${(cause as Error).message}`, {
      cause,
    });
  } finally {
    if (ownPolicy) rmSync(policy, { force: true });
  }
  return true;
}
