import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { buffer } from 'node:stream/consumers';
import test, { type ExecutionContext } from 'ava';
import S3rver from 's3rver';
import {
  ArtifactStoreError,
  s3ArtifactStore,
  type ArtifactErrorCode,
  type S3ArtifactStoreOptions,
} from '../src/index.ts';
import { storeConformance } from './store-conformance.ts';

/** A server of this test with an empty bucket. */
const startS3 = async (t: ExecutionContext): Promise<S3ArtifactStoreOptions> => {
  const directory = await mkdtemp(join(tmpdir(), 's3-'));
  const bucket = 'artifacts';
  const server = new S3rver({
    port: 0,
    address: '127.0.0.1',
    silent: true,
    directory,
    configureBuckets: [{ name: bucket, configs: [] }],
  });
  const { port } = await server.run();
  t.teardown(async () => {
    await server.close();
    await rm(directory, { recursive: true, force: true });
  });
  return {
    endpoint: `http://127.0.0.1:${port}`,
    region: 'us-east-1',
    bucket,
    accessKeyId: 'S3RVER',
    secretAccessKey: 'S3RVER',
  };
};
const png = { contentType: 'image/png' };
const content = new Uint8Array(200_000).map((_, index) => index % 251);

storeConformance(test, 's3', async (t) => s3ArtifactStore(await startS3(t)));

test('a larger file, and one made from it, come back byte for byte, whole and in part', async (t) => {
  const store = s3ArtifactStore(await startS3(t));
  const { key } = await store.put(content, png);
  t.deepEqual(new Uint8Array(await buffer((await store.open(key)).stream)), content);
  const part = await store.open(key, { start: 100_000 });
  t.deepEqual([part.size, part.start, part.end], [200_000, 100_000, 199_999]);
  t.deepEqual(new Uint8Array(await buffer(part.stream)), content.slice(100_000));
  const derived = `${key.slice(0, key.indexOf('.'))}@w256.webp`;
  await store.put(content.slice(1), { contentType: 'image/webp', key: derived });
  t.deepEqual(new Uint8Array(await buffer((await store.open(derived)).stream)), content.slice(1));
});

// The server of these tests looks at no signature of version 4, so a wrong secret is not among them.
test('a bucket that is not there and a user that nobody knows are said to be so', async (t) => {
  const options = await startS3(t);
  const failing: readonly (readonly [Partial<S3ArtifactStoreOptions>, ArtifactErrorCode, RegExp])[] = [
    [{ bucket: 'nowhere' }, 'unavailable', /bucket nowhere.*ARTIFACTS_S3_BUCKET/],
    [{ accessKeyId: 'nobody' }, 'denied', /InvalidAccessKeyId/],
  ];
  for (const [change, code, message] of failing) {
    const store = s3ArtifactStore({ ...options, ...change });
    for (const attempt of [() => store.put(content, png), () => store.check()]) {
      const error = await t.throwsAsync(attempt, { instanceOf: ArtifactStoreError, message });
      t.is(error?.code, code);
      t.notRegex(error?.message ?? '', /S3RVER/, 'no secret is told');
    }
  }
});

test('a bucket is made where it is missing, and left alone where it is not', async (t) => {
  const store = s3ArtifactStore({ ...(await startS3(t)), bucket: 'another' });
  await t.throwsAsync(store.check(), { instanceOf: ArtifactStoreError });
  await store.makeBucket();
  const { key } = await store.put(content, png);
  await store.makeBucket();
  t.is((await store.open(key)).size, content.length);
});

test('a server that cannot be reached, or is silent, is unavailable', async (t) => {
  const { endpoint, ...rest } = await startS3(t);
  const away = s3ArtifactStore({ ...rest, endpoint: 'http://127.0.0.1:1' });
  t.is((await t.throwsAsync(away.check(), { instanceOf: ArtifactStoreError }))?.code, 'unavailable');
  const impatient = s3ArtifactStore({ ...rest, endpoint, timeoutMs: 0 });
  t.is(
    (await t.throwsAsync(impatient.put(content, png), { instanceOf: ArtifactStoreError }))?.code,
    'unavailable',
  );
});
