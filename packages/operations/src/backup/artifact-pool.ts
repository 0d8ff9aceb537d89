import { createReadStream, createWriteStream, existsSync } from 'node:fs';
import { mkdir, readdir, rename, rm, stat } from 'node:fs/promises';
import { createHash, randomUUID } from 'node:crypto';
import { dirname, join } from 'node:path';
import { createInterface } from 'node:readline';
import { PassThrough, Readable, Transform, Writable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { z } from 'zod';
import { OperatorError } from '../operator-error.ts';
import type { Manifest } from './manifest.ts';
import type { Snapshot } from './snapshot.ts';
import { readStored, storeFile } from './stored-file.ts';

const lineSchema = z.object({
  // As packages/artifacts makes them: no path outside the folder can be named.
  key: z.string().regex(/^[\da-f]{2}\/[\da-f]{64}(@[\da-z-]{1,20})?\.[\da-z]{1,8}$/),
  sha256: z.string(),
  bytes: z.int().nonnegative(),
});
type Line = z.infer<typeof lineSchema>;

const artifactList = 'artifacts.jsonl.gz';

const isThere = async (path: string, bytes?: number): Promise<boolean> =>
  stat(path).then(
    ({ size }) => bytes === undefined || size === bytes,
    () => false,
  );

const listed = async function* (snapshot: Snapshot): AsyncGenerator<Line> {
  await snapshot.client.query(
    'declare files no scroll cursor for select distinct on (key) key, sha256, bytes::text from artifacts order by key',
  );
  for (;;) {
    const { rows } = await snapshot.client.query<{ key: string; sha256: string; bytes: string }>(
      'fetch 1000 from files',
    );
    if (rows.length === 0) return;
    for (const { key, sha256, bytes } of rows) yield { key, sha256, bytes: Number(bytes) };
  }
};

/**
 * Lists the files that the books name and, unless they are kept safe elsewhere, copies those that the pool lacks. Files are
 * named by their content, so the backups of a folder share one copy of each.
 */
export const storeArtifacts = async (
  snapshot: Snapshot,
  from: {
    readonly source: string | undefined;
    readonly pool: string;
    readonly path: string;
    readonly key: Buffer | undefined;
  },
): Promise<Manifest['artifacts']> => {
  const { source, pool, path, key } = from;
  let count = 0;
  let total = 0;
  let missing = 0;
  const lines = async function* () {
    for await (const line of listed(snapshot)) {
      count += 1;
      total += line.bytes;
      if (source !== undefined && !(await copyIn(join(source, line.key), join(pool, line.key), key)))
        missing += 1;
      yield `${JSON.stringify(line)}\n`;
    }
  };
  const list = await storeFile(Readable.from(lines()), join(path, artifactList), artifactList, {
    compressed: true,
    key,
  });
  return { list, count, bytes: total, copied: source !== undefined, missing };
};

const copyIn = async (file: string, stored: string, key: Buffer | undefined): Promise<boolean> => {
  if (await isThere(stored)) return true;
  if (!(await isThere(file))) return false;
  await mkdir(dirname(stored), { recursive: true, mode: 0o700 });
  await storeFile(createReadStream(file), stored, stored, { compressed: false, key });
  return true;
};

export const readArtifactList = async function* (
  path: string,
  key: Buffer | undefined,
): AsyncGenerator<Line> {
  const plain = new PassThrough();
  const reading = readStored(join(path, artifactList), plain, { compressed: true, key });
  reading.catch(() => undefined); // awaited below; until then it must not count as unhandled
  for await (const line of createInterface({ input: plain })) yield lineSchema.parse(JSON.parse(line));
  await reading;
};

const hashed = () => {
  const hash = createHash('sha256');
  const through = new Transform({
    transform(chunk: Buffer, _encoding, done) {
      hash.update(chunk);
      done(null, chunk);
    },
  });
  return { through, digest: () => hash.digest('hex') };
};

/** Writes a copy as it came from `stored` into `draft`; false where the books' checksum is another's. */
const copyOut = async (
  stored: string,
  draft: Writable,
  line: Line,
  key: Buffer | undefined,
): Promise<boolean> => {
  const { through, digest } = hashed();
  try {
    await Promise.all([readStored(stored, through, { compressed: false, key }), pipeline(through, draft)]);
  } catch (error) {
    if (error instanceof OperatorError) return false;
    throw error;
  }
  return digest() === line.sha256;
};

export interface PoolFolder {
  readonly pool: string;
  readonly key: Buffer | undefined;
}

/** Reads every copy that a backup lists; answers the keys of those that are not what the books say. */
export const proveArtifacts = async (
  path: string,
  { pool, key }: PoolFolder,
): Promise<{ readonly missing: number; readonly damaged: readonly string[] }> => {
  const damaged: string[] = [];
  let missing = 0;
  for await (const line of readArtifactList(path, key)) {
    const stored = join(pool, line.key);
    if (!existsSync(stored)) missing += 1;
    else {
      const nowhere = new Writable({ write: (_chunk, _encoding, done) => done() });
      if (!(await copyOut(stored, nowhere, line, key))) damaged.push(line.key);
    }
  }
  return { missing, damaged };
};

/** Puts back the files that the target lacks, but for those whose copy is not what the books say. */
export const restoreArtifacts = async (
  path: string,
  { pool, target, key }: PoolFolder & { readonly target: string },
): Promise<{ readonly written: number; readonly missing: number; readonly damaged: readonly string[] }> => {
  const damaged: string[] = [];
  let written = 0;
  let missing = 0;
  for await (const line of readArtifactList(path, key)) {
    const file = join(target, line.key);
    if (await isThere(file, line.bytes)) continue;
    const stored = join(pool, line.key);
    if (!existsSync(stored)) {
      missing += 1;
      continue;
    }
    const draft = join(target, 'drafts', randomUUID());
    await Promise.all([
      mkdir(dirname(file), { recursive: true }),
      mkdir(dirname(draft), { recursive: true }),
    ]);
    if (await copyOut(stored, createWriteStream(draft, { flush: true }), line, key)) {
      await rename(draft, file);
      written += 1;
    } else {
      await rm(draft, { force: true });
      damaged.push(line.key);
    }
  }
  return { written, missing, damaged };
};

/** Removes from the pool what none of the kept backups lists. */
export const prunePool = async (pool: string, kept: ReadonlySet<string>): Promise<number> => {
  let removed = 0;
  for (const folder of existsSync(pool) ? await readdir(pool) : []) {
    for (const name of await readdir(join(pool, folder))) {
      if (kept.has(`${folder}/${name}`)) continue;
      await rm(join(pool, folder, name), { force: true });
      removed += 1;
    }
  }
  return removed;
};
