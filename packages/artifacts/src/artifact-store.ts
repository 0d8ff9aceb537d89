import type { Readable } from 'node:stream';

export interface PutOptions {
  /** MIME type; decides the key's ending. */
  readonly contentType: string;
  /** Only for a file derived from another, as by `derivedKey`; content-addressed unless given. */
  readonly key?: string;
}

export interface StoredFile {
  readonly key: string;
  /** Of the content, hexadecimal. */
  readonly sha256: string;
  /** Length of the content. */
  readonly bytes: number;
}

export interface ByteRange {
  readonly start: number;
  /** Last byte, inclusive; the end of the file where absent or beyond it. */
  readonly end?: number;
}

export interface OpenFile {
  /** The caller reads it to its end or destroys it. */
  readonly stream: Readable;
  /** Length of the whole file. */
  readonly size: number;
  /** First and last byte the stream will give. */
  readonly start: number;
  readonly end: number;
}

/** Where output files are kept. The same content always has the same key, and what a key names never changes. */
export interface ArtifactStore {
  /** Resolves once the file is durable. Two writers of the same content are fine; a reader never sees half a file. */
  put(bytes: Uint8Array, options: PutOptions): Promise<StoredFile>;
  /** Rejects with `ArtifactStoreError` `absent`, or `range` where `range.start` lies beyond the end. */
  open(key: string, range?: ByteRange): Promise<OpenFile>;
  /** Deleting what is not there is no error. */
  delete(key: string): Promise<void>;
  /** A write and its deletion; rejects with the reason while files cannot be kept. */
  check(): Promise<void>;
}

/** `full` and `denied` need a person; `unavailable` may pass by itself. */
export type ArtifactErrorCode = 'absent' | 'bad-key' | 'range' | 'full' | 'denied' | 'unavailable';

export class ArtifactStoreError extends Error {
  override readonly name = 'ArtifactStoreError';
  readonly code: ArtifactErrorCode;

  constructor(code: ArtifactErrorCode, message: string, options?: ErrorOptions) {
    super(message, options);
    this.code = code;
  }
}
