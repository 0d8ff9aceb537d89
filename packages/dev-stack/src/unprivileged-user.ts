import { spawnSync } from 'node:child_process';
import { StackError } from './stack-error.ts';

/** How to run a command that refuses to run as root. */
export interface Identity {
  readonly uid?: number;
  readonly gid?: number;
  /** Comes before the command: a launcher that changes the user itself. */
  readonly prefix: readonly string[];
}

const nobody = 65534;

const launcher = [
  'setpriv',
  `--reuid=${nobody}`,
  `--regid=${nobody}`,
  '--clear-groups',
  '--inh-caps=-all,+dac_override',
  '--ambient-caps=-all,+dac_override',
  '--bounding-set=-all,+dac_override',
  // Without it access(2), by which initdb looks for postgres, takes no capability into account.
  '--securebits=+no_setuid_fixup',
];

function works(command: string, args: readonly string[], options: { uid?: number; gid?: number }): boolean {
  return spawnSync(command, args, { ...options, cwd: '/', stdio: 'ignore' }).status === 0;
}

/**
 * As a normal user: oneself. As root: `nobody`, who must be able to reach every one of `paths`; where a
 * folder above them is closed (a clone under /root), the launcher leaves `nobody` the one capability of
 * passing closed folders rather than opening any of them.
 */
export function unprivilegedIdentity(paths: readonly string[]): Identity {
  if (process.getuid?.() !== 0) return { prefix: [] };
  const reach = ['-c', 'for path; do test -x "$path" || exit 1; done', 'reach', ...paths];
  if (works('/bin/sh', reach, { uid: nobody, gid: nobody })) return { uid: nobody, gid: nobody, prefix: [] };
  const [command = '', ...args] = launcher;
  if (works(command, [...args, '/bin/sh', ...reach], {})) return { prefix: launcher };
  throw new StackError(
    `Postgres does not run as root, and the unprivileged user cannot reach ${paths.join(' and ')}: ` +
      'move the folder out of the closed one, or run this as a normal user.',
  );
}

/** The ids that must own the files such a command writes. Undefined when they are one's own already. */
export function ownerFor(): { uid: number; gid: number } | undefined {
  return process.getuid?.() === 0 ? { uid: nobody, gid: nobody } : undefined;
}
