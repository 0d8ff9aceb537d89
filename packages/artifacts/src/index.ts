export {
  ArtifactStoreError,
  type ArtifactErrorCode,
  type ArtifactStore,
  type ByteRange,
  type OpenFile,
  type PutOptions,
  type StoredFile,
} from './artifact-store.ts';
export {
  contactSheet,
  type ContactSheet,
  type SheetCell,
  type SheetGroup,
} from './contact-sheet/contact-sheet.ts';
export { diskArtifactStore, type DiskArtifactStoreOptions } from './disk-artifact-store.ts';
export { openArtifactStore, type ArtifactStoreConfig } from './open-artifact-store.ts';
export { s3ArtifactStore, type S3ArtifactStore, type S3ArtifactStoreOptions } from './s3-artifact-store.ts';
export { deleteWithThumbnails, thumbnail, thumbnailContentType } from './thumbnail.ts';
