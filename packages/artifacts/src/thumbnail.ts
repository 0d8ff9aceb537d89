import { buffer } from 'node:stream/consumers';
import { thumbnailWidths, type ThumbnailWidth } from '@backend2/contracts';
import { derivedKey } from './artifact-key.ts';
import { ArtifactStoreError, type ArtifactStore, type OpenFile } from './artifact-store.ts';

const ENDING = 'webp';
export const thumbnailContentType = 'image/webp';

const variantOf = (width: ThumbnailWidth) => `w${width}`;

/** A picture no wider than `width`, made once and kept beside the original. Rejects as `open` does for a missing original. */
export async function thumbnail(store: ArtifactStore, key: string, width: ThumbnailWidth): Promise<OpenFile> {
  const kept = derivedKey(key, variantOf(width), ENDING);
  try {
    return await store.open(kept);
  } catch (error) {
    if (!(error instanceof ArtifactStoreError) || error.code !== 'absent') throw error;
  }
  const original = await store.open(key);
  const { default: sharp } = await import('sharp');
  const small = await sharp(await buffer(original.stream))
    .rotate()
    .resize({ width, withoutEnlargement: true })
    .webp({ quality: 82, effort: 3 })
    .toBuffer();
  await store.put(small, { contentType: thumbnailContentType, key: kept });
  return store.open(kept);
}

/** Deletes the file and every thumbnail of it. */
export async function deleteWithThumbnails(store: ArtifactStore, key: string): Promise<void> {
  await store.delete(key);
  for (const width of thumbnailWidths) await store.delete(derivedKey(key, variantOf(width), ENDING));
}
