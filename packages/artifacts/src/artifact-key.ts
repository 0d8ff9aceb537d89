import { ArtifactStoreError } from './artifact-store.ts';

const KEY = /^[0-9a-f]{2}\/[0-9a-f]{64}(@[a-z0-9-]{1,20})?\.[a-z0-9]{1,8}$/;

const ENDINGS: Readonly<Record<string, string>> = {
  'image/png': 'png',
  'image/webp': 'webp',
  'image/jpeg': 'jpg',
  'image/gif': 'gif',
  'image/avif': 'avif',
  'application/json': 'json',
  'application/pdf': 'pdf',
  'application/zip': 'zip',
  'text/plain': 'txt',
  'text/csv': 'csv',
  'text/html': 'html',
  'video/mp4': 'mp4',
};

/** `<first two digits>/<sha256>.<ending>`: no folder grows too large, and no part of it comes from a user. */
export function contentKey(sha256: string, contentType: string): string {
  const [type = ''] = contentType.split(';');
  return `${sha256.slice(0, 2)}/${sha256}.${ENDINGS[type.trim().toLowerCase()] ?? 'bin'}`;
}

/** The key of a file made from another, beside it: `ab/ab...@w256.webp`. */
export function derivedKey(key: string, variant: string, ending: string): string {
  assertKey(key);
  return `${key.slice(0, key.search(/[@.]/))}@${variant}.${ending}`;
}

/** Throws for anything but a key this package makes, so that no path outside the store can be named. */
export function assertKey(key: string): void {
  if (!KEY.test(key)) throw new ArtifactStoreError('bad-key', 'This is not the key of a stored artifact.');
}
