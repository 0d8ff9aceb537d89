import { createHash } from 'node:crypto';
import { createReadStream, createWriteStream } from 'node:fs';
import { open, rename, rm } from 'node:fs/promises';
import { Transform, type Readable, type Writable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { createGunzip, createGzip } from 'node:zlib';
import { z } from 'zod';
import { OperatorError } from '../operator-error.ts';
import { decryption, encryption } from './encryption.ts';

/** A file of a backup as it lies on the disk; the checksum is of those bytes. */
export const storedFileSchema = z.object({
  file: z.string(),
  bytes: z.int().nonnegative(),
  sha256: z.string(),
});
export type StoredFile = z.infer<typeof storedFileSchema>;

export interface StoredForm {
  readonly compressed: boolean;
  readonly key: Buffer | undefined;
}

const counted = () => {
  const hash = createHash('sha256');
  let bytes = 0;
  const through = new Transform({
    transform(chunk: Buffer, _encoding, done) {
      hash.update(chunk);
      bytes += chunk.length;
      done(null, chunk);
    },
  });
  return { through, result: () => ({ bytes, sha256: hash.digest('hex') }) };
};

/** Writes through a draft, so that a file under its own name is whole and on the disk. */
export const storeFile = async (
  source: Readable,
  path: string,
  name: string,
  { compressed, key }: StoredForm,
): Promise<StoredFile> => {
  const draft = `${path}.partial`;
  const { through, result } = counted();
  const steps = [
    ...(compressed ? [createGzip({ level: 1 })] : []),
    ...(key ? [encryption(key)] : []),
    through,
  ];
  try {
    await pipeline([source, ...steps, createWriteStream(draft, { flush: true, mode: 0o600 })]);
    await rename(draft, path);
  } catch (error) {
    await rm(draft, { force: true });
    throw diskFull(error, path);
  }
  return { file: name, ...result() };
};

/** What was stored, as it came. */
export const readStored = (path: string, into: Writable, { compressed, key }: StoredForm): Promise<void> =>
  pipeline([
    createReadStream(path),
    ...(key ? [decryption(key)] : []),
    ...(compressed ? [createGunzip()] : []),
    into,
  ]);

/** @throws OperatorError where the bytes on the disk are not those that were written. */
export const verifyStored = async (path: string, { file, bytes, sha256 }: StoredFile): Promise<void> => {
  const handle = await open(path, 'r').catch((cause: unknown) => {
    throw new OperatorError(`The backup is not whole: ${file} is missing or cannot be read.`, { cause });
  });
  const { through, result } = counted();
  await pipeline(handle.createReadStream(), through.resume());
  const found = result();
  if (found.bytes !== bytes || found.sha256 !== sha256)
    throw new OperatorError(
      `The backup is damaged: ${file} is not what was written (${found.bytes} of ${bytes} bytes, checksum ${found.sha256 === sha256 ? 'right' : 'wrong'}).`,
    );
};

const diskFull = (error: unknown, path: string): unknown =>
  (error as NodeJS.ErrnoException).code === 'ENOSPC'
    ? new OperatorError(`The disk that holds ${path} is full: free some space or keep fewer backups.`, {
        cause: error,
      })
    : error;
