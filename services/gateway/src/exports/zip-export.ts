import { once } from 'node:events';
import type { Readable } from 'node:stream';
import { PassThrough } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import type { ArtifactView, StoredArtifact, SubtaskView, TaskDetail } from '@backend2/contracts';
import { ZipFile } from 'yazl';
import { csvExport } from './csv-export.ts';

export interface ZipSources {
  readonly task: TaskDetail;
  /** Walks the subtasks from the first; called once for the pictures and once for the table. */
  readonly subtasks: () => AsyncIterable<SubtaskView>;
  readonly find: (artifact: ArtifactView) => Promise<StoredArtifact>;
  readonly open: (artifact: StoredArtifact) => Promise<Readable>;
  readonly origin: string;
}

const extensions: Readonly<Record<string, string>> = {
  'image/png': 'png',
  'image/webp': 'webp',
  'image/jpeg': 'jpg',
  'application/json': 'json',
};

/** `task.json`, `subtasks.csv` and every file, one open at a time however many there are. */
export const zipExport = (sources: ZipSources): Readable => {
  const zip = new ZipFile();
  // A stream of our own: yazl's does not end early where its reader is gone.
  const output = new PassThrough();
  zip.on('error', (error: Error) => output.destroy(error));
  zip.outputStream.pipe(output);
  fill(zip, sources, output).catch((error: unknown) => output.destroy(error as Error));
  return output;
};

const fill = async (zip: ZipFile, sources: ZipSources, output: PassThrough): Promise<void> => {
  const { task, subtasks, find, open, origin } = sources;
  zip.addBuffer(Buffer.from(JSON.stringify(task, undefined, 2)), 'task.json');
  await add(zip, 'subtasks.csv', csvExport(task, subtasks(), origin), true);
  for await (const subtask of subtasks()) {
    for (const [index, artifact] of subtask.artifacts.entries()) {
      if (output.destroyed) return;
      const stored = await find(artifact);
      await add(zip, nameOf(subtask, artifact, index), await open(stored), false);
    }
  }
  zip.end();
};

/** Resolves when the entry has been read to its end; pictures are compressed as they are. */
const add = async (zip: ZipFile, name: string, source: Readable, compress: boolean): Promise<void> => {
  const entry = new PassThrough();
  zip.addReadStream(entry, name, { compress });
  const read = once(entry, 'end');
  await Promise.all([pipeline(source, entry), read]);
};

/** `images/00042-a-lake-cinematic.png`: sorts by ordinal, and tells the values. */
const nameOf = (subtask: SubtaskView, artifact: ArtifactView, index: number): string => {
  const values = Object.values(subtask.values)
    .map((value) => (typeof value === 'object' ? '' : String(value)))
    .join(' ')
    .normalize('NFKD')
    .replaceAll(/[^\w]+/g, '-')
    .toLowerCase()
    .slice(0, 80)
    .replaceAll(/^-+|-+$/g, '');
  const copy = index === 0 ? '' : `-${index + 1}`;
  const stem = [String(subtask.ordinal).padStart(5, '0'), values].filter((part) => part !== '').join('-');
  return `images/${stem}${copy}.${extensions[artifact.contentType] ?? 'bin'}`;
};
