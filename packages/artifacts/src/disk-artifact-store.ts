import { createHash, randomUUID } from 'node:crypto';
import { mkdir, open, readdir, rename, rm, stat, unlink, type FileHandle } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { assertKey, contentKey } from './artifact-key.ts';
import {
  ArtifactStoreError,
  type ArtifactErrorCode,
  type ArtifactStore,
  type OpenFile,
  type StoredFile,
} from './artifact-store.ts';

export interface DiskArtifactStoreOptions {
  /** Made where it is missing. */
  readonly folder: string;
}

/** Half-written files of dead writers are removed once they are this old. */
const ABANDONED_MS = 60 * 60 * 1000;

const codes: Readonly<Record<string, ArtifactErrorCode>> = {
  ENOENT: 'absent',
  ENOSPC: 'full',
  EDQUOT: 'full',
  EACCES: 'denied',
  EPERM: 'denied',
  EROFS: 'denied',
};

/** Files under one folder of a disk that all who share the artifacts can reach. */
export function diskArtifactStore({ folder }: DiskArtifactStoreOptions): ArtifactStore {
  const drafts = join(folder, 'drafts');
  let prepared: Promise<void> | undefined;

  const explained = (error: unknown, doing: string): ArtifactStoreError => {
    const { code = '', message } = error as NodeJS.ErrnoException;
    const sentences: Record<string, string> = {
      absent: 'There is no such artifact.',
      full: `The disk that holds the artifacts in ${folder} is full: free some space or give ARTIFACTS_DIR another folder.`,
      denied: `This process may not write artifacts in ${folder}: let its user own the folder or give ARTIFACTS_DIR another.`,
    };
    const kind = codes[code] ?? 'unavailable';
    return new ArtifactStoreError(kind, sentences[kind] ?? `The artifact could not be ${doing}: ${message}`, {
      cause: error,
    });
  };

  const prepare = async () => {
    await mkdir(drafts, { recursive: true });
    const before = Date.now() - ABANDONED_MS;
    for (const name of await readdir(drafts)) {
      const path = join(drafts, name);
      const found = await stat(path).catch((error: unknown) => ignoreAbsent(error));
      if (found !== undefined && found.mtimeMs < before) await rm(path, { force: true });
    }
  };
  const ready = () =>
    (prepared ??= prepare().catch((error: unknown) => {
      prepared = undefined;
      throw error;
    }));

  const write = async (bytes: Uint8Array, target: string): Promise<void> => {
    await ready();
    const draft = join(drafts, randomUUID());
    try {
      const file = await open(draft, 'wx');
      try {
        await file.writeFile(bytes);
        await file.sync();
      } finally {
        await file.close();
      }
      await mkdir(dirname(target), { recursive: true });
      await rename(draft, target);
      await syncFolder(dirname(target));
    } catch (error) {
      await rm(draft, { force: true });
      throw error;
    }
  };

  return {
    async put(bytes, { contentType, key }): Promise<StoredFile> {
      const sha256 = createHash('sha256').update(bytes).digest('hex');
      const name = key ?? contentKey(sha256, contentType);
      assertKey(name);
      const target = join(folder, name);
      try {
        const there = await stat(target).catch((error: unknown) => ignoreAbsent(error));
        if (there?.size !== bytes.length) await write(bytes, target);
      } catch (error) {
        throw explained(error, 'stored');
      }
      return { key: name, sha256, bytes: bytes.length };
    },

    async open(key, range): Promise<OpenFile> {
      assertKey(key);
      let file: FileHandle | undefined;
      try {
        file = await open(join(folder, key), 'r');
        const { size } = await file.stat();
        const start = range?.start ?? 0;
        const end = Math.min(range?.end ?? size - 1, size - 1);
        if (range !== undefined && (start < 0 || start >= size || end < start)) {
          throw new ArtifactStoreError(
            'range',
            `The artifact has ${size} bytes; none lies in the range asked for.`,
          );
        }
        return { stream: file.createReadStream({ start, end }), size, start, end };
      } catch (error) {
        await file?.close();
        throw error instanceof ArtifactStoreError ? error : explained(error, 'read');
      }
    },

    async delete(key) {
      assertKey(key);
      try {
        await unlink(join(folder, key)).catch((error: unknown) => ignoreAbsent(error));
      } catch (error) {
        throw explained(error, 'deleted');
      }
    },

    async check() {
      try {
        await ready();
        const probe = join(drafts, randomUUID());
        const file = await open(probe, 'wx').catch(async (error: unknown) => {
          prepared = undefined;
          throw error;
        });
        try {
          await file.writeFile('x');
        } finally {
          await file.close();
        }
        await unlink(probe);
      } catch (error) {
        const reason = explained(error, 'stored');
        throw reason.code === 'absent'
          ? new ArtifactStoreError('unavailable', `The artifact folder ${folder} has gone.`, { cause: error })
          : reason;
      }
    },
  };
}

function ignoreAbsent(error: unknown): undefined {
  if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
  throw error;
}

/** Makes the rename itself durable. */
async function syncFolder(folder: string): Promise<void> {
  const handle = await open(folder, 'r');
  try {
    await handle.sync();
  } finally {
    await handle.close();
  }
}
