import { createReadStream, createWriteStream, existsSync } from 'node:fs';
import { mkdir, readdir, rename, rm, stat } from 'node:fs/promises';
import { createHash, randomUUID } from 'node:crypto';
import { dirname, join } from 'node:path';
import { createInterface } from 'node:readline';
import { PassThrough, Readable, Transform } from 'node:stream';
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

export const artifactList = 'artifacts.jsonl.gz';

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

/** Puts back the files that the target lacks, each proved against the checksum in the books. */
export const restoreArtifacts = async (
  path: string,
  { pool, target, key }: { readonly pool: string; readonly target: string; readonly key: Buffer | undefined },
): Promise<{ readonly written: number; readonly missing: number }> => {
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
    const hash = createHash('sha256');
    const seen = new Transform({
      transform(chunk: Buffer, _encoding, done) {
        hash.update(chunk);
        done(null, chunk);
      },
    });
    await Promise.all([
      readStored(stored, seen, { compressed: false, key }),
      pipeline(seen, createWriteStream(draft, { flush: true })),
    ]);
    if (hash.digest('hex') !== line.sha256) {
      await rm(draft, { force: true });
      throw new OperatorError(`The copy of artifact ${line.key} is damaged.`);
    }
    await rename(draft, file);
    written += 1;
  }
  return { written, missing };
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
