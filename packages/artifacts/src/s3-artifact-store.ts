import { createHash } from 'node:crypto';
import { Readable } from 'node:stream';
import type { ReadableStream } from 'node:stream/web';
import { AwsClient } from 'aws4fetch';
import { assertKey, contentKey } from './artifact-key.ts';
import { ArtifactStoreError, type ArtifactStore, type OpenFile, type StoredFile } from './artifact-store.ts';

export interface S3ArtifactStoreOptions {
  /** Of the service, without the bucket: `https://s3.eu-central-1.amazonaws.com`. */
  readonly endpoint: string;
  readonly region: string;
  readonly bucket: string;
  readonly accessKeyId: string;
  readonly secretAccessKey: string;
  /** How long the server may take to answer; what it sends then may last. Default 30,000. */
  readonly timeoutMs?: number;
}

/** Not a key of any artifact, so nobody meets it. */
const probeName = 'check';

export interface S3ArtifactStore extends ArtifactStore {
  /** Makes the bucket; one that is there already is no error. */
  makeBucket(): Promise<void>;
}

/** Objects of one bucket, addressed by path, of whatever speaks S3. The bucket must be there. */
export function s3ArtifactStore(options: S3ArtifactStoreOptions): S3ArtifactStore {
  const { endpoint, region, bucket, accessKeyId, secretAccessKey, timeoutMs = 30_000 } = options;
  const signer = new AwsClient({ accessKeyId, secretAccessKey, region, service: 's3', retries: 3 });
  const urlOf = (name: string): string =>
    `${endpoint.replace(/\/+$/, '')}/${bucket}${name === '' ? '' : `/${encodeURI(name)}`}`;

  const send = async (name: string, init: RequestInit): Promise<Response> => {
    const late = new AbortController();
    const timer = setTimeout(() => late.abort(new Error('It was silent for too long.')), timeoutMs);
    try {
      return await signer.fetch(urlOf(name), { ...init, signal: late.signal });
    } catch (cause) {
      throw new ArtifactStoreError(
        'unavailable',
        `The object storage at ${new URL(endpoint).host} cannot be reached.`,
        {
          cause,
        },
      );
    } finally {
      clearTimeout(timer);
    }
  };

  const refused = async (response: Response): Promise<ArtifactStoreError> => {
    const code = /<Code>([\w.]+)<\/Code>/.exec(await response.text())?.[1] ?? '';
    const where = `bucket ${bucket} at ${new URL(endpoint).host}`;
    if (code === 'NoSuchBucket')
      return new ArtifactStoreError(
        'unavailable',
        `There is no ${where}: make it, or set ARTIFACTS_S3_BUCKET right.`,
      );
    switch (response.status) {
      case 404:
        return new ArtifactStoreError('absent', 'There is no such artifact.');
      case 401:
      case 403:
        return new ArtifactStoreError(
          'denied',
          `This process may not use the ${where} (${code || response.status}).`,
        );
      case 507:
        return new ArtifactStoreError('full', `There is no more room in the ${where}.`);
      default:
        return new ArtifactStoreError(
          'unavailable',
          `S3 answered ${response.status} ${code} for the ${where}.`,
        );
    }
  };

  const put = async (name: string, bytes: Uint8Array, sha256: string, contentType: string): Promise<void> => {
    const response = await send(name, {
      method: 'PUT',
      body: bytes as Uint8Array<ArrayBuffer>,
      // Signed as well: the server keeps nothing that was changed on its way.
      headers: { 'x-amz-content-sha256': sha256, 'content-type': contentType },
    });
    if (!response.ok) throw await refused(response);
    await response.body?.cancel();
  };

  const remove = async (name: string): Promise<void> => {
    const response = await send(name, { method: 'DELETE' });
    if (!response.ok && response.status !== 404) throw await refused(response);
    await response.body?.cancel();
  };

  return {
    async makeBucket() {
      const response = await send('', { method: 'PUT' });
      // 409: it is ours already, or somebody else's, which the first write will say.
      if (!response.ok && response.status !== 409) throw await refused(response);
      await response.body?.cancel();
    },

    async put(bytes, { contentType, key }): Promise<StoredFile> {
      const sha256 = createHash('sha256').update(bytes).digest('hex');
      const name = key ?? contentKey(sha256, contentType);
      assertKey(name);
      await put(name, bytes, sha256, contentType);
      return { key: name, sha256, bytes: bytes.length };
    },

    async open(key, range): Promise<OpenFile> {
      assertKey(key);
      const asked = range && { range: `bytes=${range.start}-${range.end ?? ''}` };
      const response = await send(key, { method: 'GET', headers: asked });
      const size = sizeOf(response);
      if (response.status === 416 || (range && response.ok && (range.start < 0 || range.start >= size))) {
        await response.body?.cancel();
        throw new ArtifactStoreError(
          'range',
          `The artifact has ${size} bytes; none lies in the range asked for.`,
        );
      }
      if (!response.ok || response.body === null) throw await refused(response);
      const start = range?.start ?? 0;
      const end = Math.min(range?.end ?? size - 1, size - 1);
      return { stream: Readable.fromWeb(response.body as ReadableStream), size, start, end };
    },

    async delete(key) {
      assertKey(key);
      await remove(key);
    },

    async check() {
      const bytes = new Uint8Array([1]);
      await put(probeName, bytes, createHash('sha256').update(bytes).digest('hex'), 'text/plain');
      await remove(probeName);
    },
  };
}

/** Of the whole object, whatever part of it comes. */
function sizeOf(response: Response): number {
  const total = /\/(\d+)$/.exec(response.headers.get('content-range') ?? '')?.[1];
  return Number(total ?? response.headers.get('content-length') ?? 0);
}
