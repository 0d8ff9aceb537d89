import { randomBytes } from 'node:crypto';
import { existsSync } from 'node:fs';
import { link, mkdir, open, readFile, readdir, rename, rm, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { OperatorError } from '../operator-error.ts';
import { keyDerivationSchema, keyFromPassphrase, newKeyDerivation, seal } from './encryption.ts';
import { manifestSchema, type Manifest } from './manifest.ts';

/** Holds backups by the time they were taken, and the one pool of artifact files they share. */
export interface BackupFolder {
  readonly path: string;
  /** Undefined where backups are not encrypted. */
  readonly key: Buffer | undefined;
  readonly artifacts: string;
  /** Makes the folder of a new backup; `finish` gives it its name once all is in it. */
  begin(at: Date): Promise<{ readonly path: string; finish(manifest: Manifest): Promise<string> }>;
  /** Oldest first. */
  names(): Promise<string[]>;
  read(name: string): Promise<{ readonly path: string; readonly manifest: Manifest }>;
  remove(name: string): Promise<void>;
}

// To the millisecond, so that the order of names is that in which they were taken; older ones stop at the second.
const named = /^\d{8}T\d{6}(?:\d{3})?Z-[\da-f]{4}$/;
const keyFile = 'encryption.json';

/** So old, nobody is writing it any more: it was left by a backup that was killed. */
const abandonedMs = 24 * 3_600_000;
const draftName = /^\..*\.partial$/;

const writeDraft = async (draft: string, text: string): Promise<void> => {
  const file = await open(draft, 'w', 0o600);
  try {
    await file.writeFile(text);
    await file.sync();
  } finally {
    await file.close();
  }
};

const writeSafely = async (path: string, text: string): Promise<void> => {
  await writeDraft(`${path}.partial`, text);
  await rename(`${path}.partial`, path);
};

/** The same unless it is there: then what another wrote at the same time stands. */
const writeOnce = async (path: string, text: string): Promise<void> => {
  const draft = `${path}.${randomBytes(4).toString('hex')}`;
  await writeDraft(draft, text);
  try {
    await link(draft, path);
  } catch (error) {
    // Some file systems know no links.
    if ((error as NodeJS.ErrnoException).code !== 'EEXIST') await rename(draft, path);
  } finally {
    await rm(draft, { force: true });
  }
};

const openKey = async (folder: string, passphrase: string | undefined): Promise<Buffer | undefined> => {
  const path = join(folder, keyFile);
  if (!existsSync(path)) {
    if (passphrase === undefined) return undefined;
    if ((await readdir(folder)).some((name) => named.test(name)))
      throw new OperatorError(
        `${folder} holds backups that are not encrypted: give encrypted ones a folder of their own.`,
      );
    await writeOnce(path, `${JSON.stringify(await newKeyDerivation(passphrase), undefined, 2)}\n`);
  }
  if (passphrase === undefined)
    throw new OperatorError(
      `The backups in ${folder} are encrypted: set BACKUP_PASSPHRASE or BACKUP_PASSPHRASE_FILE.`,
    );
  return keyFromPassphrase(passphrase, keyDerivationSchema.parse(JSON.parse(await readFile(path, 'utf8'))));
};

export const openBackupFolder = async (
  path: string,
  { passphrase, create }: { readonly passphrase: string | undefined; readonly create: boolean },
): Promise<BackupFolder> => {
  if (create) await mkdir(path, { recursive: true, mode: 0o700 });
  else if (!existsSync(path)) throw new OperatorError(`There is no folder of backups at ${path}.`);
  const key = await openKey(path, passphrase);
  const names = async () => (await readdir(path)).filter((name) => named.test(name)).toSorted();
  return {
    path,
    key,
    artifacts: join(path, 'artifacts'),
    names,
    begin: async (at) => {
      const stamp = at.toISOString().replace(/[-:.]/g, '');
      const name = `${stamp}-${randomBytes(2).toString('hex')}`;
      for (const left of (await readdir(path)).filter((other) => draftName.test(other))) {
        const { mtimeMs } = await stat(join(path, left));
        if (at.getTime() - mtimeMs > abandonedMs)
          await rm(join(path, left), { recursive: true, force: true });
      }
      const draft = join(path, `.${name}.partial`);
      await mkdir(draft, { mode: 0o700 });
      return {
        path: draft,
        finish: async (manifest) => {
          const text = `${JSON.stringify(manifest, undefined, 2)}\n`;
          await writeSafely(join(draft, 'manifest.json'), text);
          if (key) await writeSafely(join(draft, 'manifest.seal'), seal(key, text));
          await rename(draft, join(path, name));
          return name;
        },
      };
    },
    read: async (name) => {
      const file = join(path, name, 'manifest.json');
      if (!named.test(name) || !existsSync(file)) {
        const known = (await names()).join(', ') || 'none';
        throw new OperatorError(`There is no backup ${name} in ${path}; there are: ${known}.`);
      }
      const text = await readFile(file, 'utf8');
      if (key) {
        const wanted = await readFile(join(path, name, 'manifest.seal'), 'utf8').catch(() => '');
        if (wanted !== seal(key, text))
          throw new OperatorError(`The manifest of ${name} was changed after the backup was taken.`);
      }
      const parsed = manifestSchema.safeParse(JSON.parse(text));
      if (!parsed.success)
        throw new OperatorError(
          `The manifest of ${name} cannot be read: it is of another version or damaged.`,
        );
      return { path: join(path, name), manifest: parsed.data };
    },
    remove: (name) => rm(join(path, name), { recursive: true, force: true }),
  };
};
