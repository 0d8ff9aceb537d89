import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { buffer } from 'node:stream/consumers';
import test, { type ExecutionContext } from 'ava';
import sharp from 'sharp';
import { ArtifactStoreError, deleteWithThumbnails, diskArtifactStore, thumbnail } from '../src/index.ts';

const storeWith = async (t: ExecutionContext, width: number, height: number) => {
  const folder = await mkdtemp(join(tmpdir(), 'artifacts-'));
  t.teardown(() => rm(folder, { recursive: true, force: true }));
  const store = diskArtifactStore({ folder });
  const bytes = await sharp({ create: { width, height, channels: 3, background: '#456' } })
    .png()
    .toBuffer();
  return { store, ...(await store.put(bytes, { contentType: 'image/png' })) };
};

test('a thumbnail is a smaller WebP of the same shape, made once', async (t) => {
  const { store, key } = await storeWith(t, 400, 200);
  const first = await buffer((await thumbnail(store, key, 128)).stream);
  const { width, height, format } = await sharp(first).metadata();
  t.deepEqual([width, height, format], [128, 64, 'webp']);
  await store.delete(key);
  t.deepEqual(await buffer((await thumbnail(store, key, 128)).stream), first);
});

test('a small picture is not blown up', async (t) => {
  const { store, key } = await storeWith(t, 100, 100);
  const small = await buffer((await thumbnail(store, key, 512)).stream);
  t.is((await sharp(small).metadata()).width, 100);
});

test('deleting with thumbnails leaves none, and a missing original is absent', async (t) => {
  const { store, key } = await storeWith(t, 400, 200);
  (await thumbnail(store, key, 64)).stream.destroy();
  await deleteWithThumbnails(store, key);
  const error = await t.throwsAsync(thumbnail(store, key, 64), { instanceOf: ArtifactStoreError });
  t.is(error.code, 'absent');
});
