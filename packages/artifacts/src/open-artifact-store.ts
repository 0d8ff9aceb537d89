import type { ArtifactStore } from './artifact-store.ts';
import { diskArtifactStore } from './disk-artifact-store.ts';
import { s3ArtifactStore, type S3ArtifactStoreOptions } from './s3-artifact-store.ts';

/** As the services are configured: `store` says which of the two is used. */
export interface ArtifactStoreConfig {
  readonly store: 'disk' | 's3';
  readonly dir: string;
  readonly s3: S3ArtifactStoreOptions;
}

export const openArtifactStore = ({ store, dir, s3 }: ArtifactStoreConfig): ArtifactStore => {
  switch (store) {
    case 'disk':
      return diskArtifactStore({ folder: dir });
    case 's3':
      return s3ArtifactStore(s3);
  }
};
