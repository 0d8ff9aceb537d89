import { buffer } from 'node:stream/consumers';
import { ArtifactStoreError, thumbnail, type ArtifactStore } from '@backend2/artifacts';
import { DomainError, notFound } from '@backend2/contracts';
import type { ArtifactFiles } from '../artifacts/artifact-files.ts';

/** The artifact store, with its errors in the vocabulary of the API. */
export const storedArtifactFiles = (store: ArtifactStore): ArtifactFiles => ({
  open: async ({ key }, range) => (await store.open(key, range).catch(explain)).stream,
  thumbnail: async ({ key }, width) => {
    const file = await thumbnail(store, key, width).catch(explain);
    return buffer(file.stream);
  },
});

const explain = (error: unknown): never => {
  if (!(error instanceof ArtifactStoreError)) throw error;
  if (error.code === 'absent') throw notFound('artifact');
  throw Object.assign(
    new DomainError('unavailable', 'artifacts_unavailable', 'Files cannot be read at the moment.'),
    { cause: error },
  );
};
