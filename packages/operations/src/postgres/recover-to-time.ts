import { appendFile, chown, cp, lstat, mkdir, readdir, rm, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { OperatorError } from '../operator-error.ts';

export interface RecoveryOptions {
  /** A base backup: the folder pg_basebackup wrote, or a copy taken between pg_backup_start and pg_backup_stop. */
  readonly base: string;
  /** Where archive_command put the log; read by the server that recovers. */
  readonly archive: string;
  /** Made; must not exist or be empty. */
  readonly data: string;
  /** Undefined goes to the end of the archive. */
  readonly time: Date | undefined;
}

const isThere = (path: string) =>
  stat(path).then(
    () => true,
    () => false,
  );

const quoted = (value: string): string => `'${value.replaceAll('\\', '\\\\').replaceAll("'", "''")}'`;
/** The server puts names in place of %f and %p, and leaves the rest to a shell. */
const forShell = (path: string): string =>
  `'${path.replaceAll("'", String.raw`'\''`).replaceAll('%', '%%')}'`;

/** Lays out a data folder whose server, once started, replays the archive up to a moment and then takes writes. */
export const recoverToTime = async ({ base, archive, data, time }: RecoveryOptions): Promise<void> => {
  if (!(await isThere(join(base, 'PG_VERSION'))) || !(await isThere(join(base, 'backup_label'))))
    throw new OperatorError(`${base} is no base backup: it has no PG_VERSION or no backup_label.`);
  if (!(await isThere(archive))) throw new OperatorError(`There is no archive at ${archive}.`);
  if ((await isThere(data)) && (await readdir(data)).length > 0)
    throw new OperatorError(
      `${data} is not empty: name a new folder, and keep the old data until all is well.`,
    );
  if ((await readdir(join(base, 'pg_tblspc')).catch(() => [])).length > 0)
    throw new OperatorError(
      `${base} has tablespaces: a server over its copy would write into those of the old one.`,
    );
  const owner = await stat(base);
  await mkdir(data, { recursive: true, mode: 0o700 });
  await cp(base, data, { recursive: true, preserveTimestamps: true });
  for (const leftover of ['postmaster.pid', 'standby.signal'])
    await rm(join(data, leftover), { force: true });
  // Log in the base backup may be torn at its end; the archive has it whole.
  const wal = join(data, 'pg_wal');
  // Where it was a link to another disk, what is there is the old server's.
  if (!(await lstat(wal).catch(() => undefined))?.isDirectory()) {
    await rm(wal, { force: true });
    await mkdir(wal, { mode: 0o700 });
  }
  for (const name of await readdir(wal)) if (/^[\dA-F]{24}$/.test(name)) await rm(join(wal, name));
  const settings = {
    restore_command: `cp ${forShell(archive)}/%f %p`,
    recovery_target_timeline: 'latest',
    recovery_target_action: 'promote',
    ...(time && { recovery_target_time: time.toISOString().replace('T', ' ').replace('Z', '+00') }),
  };
  const lines = Object.entries(settings).map(([name, value]) => `${name} = ${quoted(value)}\n`);
  await appendFile(join(data, 'postgresql.auto.conf'), `\n# point-in-time recovery\n${lines.join('')}`);
  await writeFile(join(data, 'recovery.signal'), '', { mode: 0o600 });
  await giveTo(data, owner.uid, owner.gid);
};

/** Copying as root makes all of it root's, and the server refuses what is not its own. */
const giveTo = async (path: string, uid: number, gid: number): Promise<void> => {
  if (process.getuid?.() !== 0) return;
  await chown(path, uid, gid);
  for (const entry of await readdir(path, { withFileTypes: true })) {
    const inner = join(path, entry.name);
    if (entry.isDirectory()) await giveTo(inner, uid, gid);
    else await chown(inner, uid, gid);
  }
};
