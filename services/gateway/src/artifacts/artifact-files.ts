import type { Readable } from 'node:stream';
import type { StoredArtifact, ThumbnailWidth } from '@backend2/contracts';

export interface ByteRange {
  readonly start: number;
  /** Inclusive. */
  readonly end: number;
}

/** Where the bytes of artifacts are. */
export interface ArtifactFiles {
  /** @throws DomainError `absent` where the file is gone. */
  open(artifact: StoredArtifact, range?: ByteRange): Promise<Readable>;
  /** A smaller copy, of `thumbnailContentType`, made when it is first asked for. */
  thumbnail(artifact: StoredArtifact, width: ThumbnailWidth): Promise<Uint8Array>;
}
