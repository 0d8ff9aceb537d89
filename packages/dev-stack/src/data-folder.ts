import {
  chmodSync,
  existsSync,
  mkdirSync,
  readFileSync,
  readdirSync,
  rmSync,
  statfsSync,
  writeFileSync,
} from 'node:fs';
import { join, resolve } from 'node:path';
import { forgetProcess, recordProcess, recordedProcess, stopRecorded } from './process-record.ts';
import { StackError, explainFileError } from './stack-error.ts';

export interface DataFolder {
  readonly path: string;
  /** Ends every process that an earlier run recorded in here and that still runs. */
  stopLeftovers(): Promise<void>;
  /** Throws when the disk has less room than this for a user who is not root. */
  requireRoom(megabytes: number): void;
  /** Removes everything but the lock. */
  empty(): void;
  /** A text kept in a file only the owner may read, made by `create` when there is none yet. */
  secret(name: string, create: () => string): string;
  writeSecret(name: string, text: string): void;
  release(): void;
}

const lockName = 'lock.json';

/** Makes the folder if need be and takes it for this process; refused while another one that holds it still runs. */
export function openDataFolder(folder: string): DataFolder {
  const path = resolve(folder);
  try {
    mkdirSync(path, { recursive: true });
    // As root, Postgres runs as another user, who must pass through.
    chmodSync(path, 0o711);
  } catch (error) {
    throw explainFileError(error, path);
  }
  const lock = join(path, lockName);
  const holder = recordedProcess(lock);
  if (holder !== undefined && holder !== process.pid) {
    throw new StackError(
      `Backend2 is already running on ${path} (process ${holder}): stop it first with "kill ${holder}", or choose another folder with --data.`,
    );
  }
  recordProcess(lock, process.pid);

  const writeSecret = (name: string, text: string) => {
    try {
      writeFileSync(join(path, name), text, { mode: 0o600 });
    } catch (error) {
      throw explainFileError(error, join(path, name));
    }
  };
  return {
    path,
    writeSecret,
    stopLeftovers: async () => {
      const files = readdirSync(path, { recursive: true, encoding: 'utf8' }).filter((name) =>
        name.endsWith('.pid.json'),
      );
      // Services before the servers they use.
      for (const file of files.toSorted((a, b) => Number(b.includes('run')) - Number(a.includes('run')))) {
        await stopRecorded(join(path, file), file.includes('postgres') ? 'SIGINT' : 'SIGTERM');
      }
    },
    requireRoom: (megabytes) => {
      const { bavail, bsize } = statfsSync(path);
      const free = Math.floor((bavail * bsize) / 1024 ** 2);
      if (free >= megabytes) return;
      throw new StackError(
        `The disk that holds ${path} has ${free} MB free, and ${megabytes} MB are needed: free some space, ` +
          'or choose another folder with --data.',
      );
    },
    empty: () => {
      for (const name of readdirSync(path)) {
        if (name !== lockName) rmSync(join(path, name), { recursive: true, force: true });
      }
    },
    secret: (name, create) => {
      const file = join(path, name);
      if (existsSync(file)) return readFileSync(file, 'utf8').trim();
      const text = create();
      writeSecret(name, text);
      return text;
    },
    release: () => forgetProcess(lock),
  };
}
