import { Readable } from 'node:stream';
import { notFound } from '@backend2/contracts';
import type { ArtifactFiles } from '../src/artifacts/artifact-files.ts';

/** Files by key; a thumbnail is the file's first bytes, as many as its width. */
export const memoryArtifacts = (files: Map<string, Buffer>): ArtifactFiles => {
  const bytesOf = (key: string): Buffer => {
    const bytes = files.get(key);
    if (!bytes) throw notFound('artifact');
    return bytes;
  };
  return {
    open: async ({ key }, range) => {
      const bytes = bytesOf(key);
      return Readable.from([range ? bytes.subarray(range.start, range.end + 1) : bytes]);
    },
    thumbnail: async ({ key }, width) => bytesOf(key).subarray(0, width),
  };
};
