import { Piscina } from 'piscina';
import { checkImageRequest } from '../check-image-request.ts';
import { EngineUnavailableError } from '../engine-errors.ts';
import type { GenerateContext, GeneratedImage, ImageEngine, ImageRequest } from '../image-engine.ts';
import { embedMetadata } from '../metadata/image-metadata.ts';
import type { RenderJob } from './render-worker.ts';

export interface BuiltinEngineOptions {
  /** Pictures drawn at once, a worker thread each. Default 1: workers run as several processes. */
  readonly threads?: number;
}

const NAME = 'builtin';
const WEBP = { quality: 92, effort: 2 };
const IDLE_THREAD_MS = 30_000;
const worker = new URL(
  import.meta.url.endsWith('.ts') ? './render-worker.ts' : './render-worker.js',
  import.meta.url,
);

/**
 * Draws a deterministic abstract picture from prompt, seed and size: a stand-in where no image model
 * is configured, not one itself. PNG files are the same to the byte on every machine; WebP files are
 * for one version of its encoder.
 */
export function builtinEngine({ threads = 1 }: BuiltinEngineOptions = {}): ImageEngine {
  let pool: Piscina | undefined;
  let closed = false;

  const open = () => {
    if (closed) throw new EngineUnavailableError('The built-in engine is closed.');
    pool ??= new Piscina({
      filename: worker.href,
      minThreads: 0,
      maxThreads: threads,
      idleTimeout: IDLE_THREAD_MS,
      concurrentTasksPerWorker: 1,
    });
    return pool;
  };

  const render = async (
    request: ImageRequest,
    encode: RenderJob['encode'],
    signal: AbortSignal,
  ): Promise<Uint8Array> => {
    const stop = new SharedArrayBuffer(4);
    const { promise: aborted, reject } = Promise.withResolvers<never>();
    const abort = () => {
      Atomics.store(new Int32Array(stop), 0, 1);
      reject(signal.reason);
    };
    signal.addEventListener('abort', abort, { once: true });
    const { prompt, negativePrompt = '', width, height, seed, polish = false } = request;
    const picture = { prompt, negativePrompt, width, height, seed, polish };
    try {
      const rendered = open().run({ picture, encode, stop } satisfies RenderJob) as Promise<ArrayBuffer>;
      return new Uint8Array(await Promise.race([rendered, aborted]));
    } catch (error) {
      throw closed && !signal.aborted
        ? new EngineUnavailableError('The built-in engine is closed.', { cause: error })
        : error;
    } finally {
      signal.removeEventListener('abort', abort);
    }
  };

  return {
    name: NAME,
    async generate(
      request: ImageRequest,
      { signal, onProgress }: GenerateContext,
    ): Promise<GeneratedImage[]> {
      checkImageRequest(request);
      signal.throwIfAborted();
      const { width, height, format = 'png' } = request;
      onProgress?.(0);
      const drawn = await render(request, format === 'png' ? 'png' : 'none', signal);
      const bytes = format === 'png' ? drawn : await encodeWebp(drawn, width, height);
      signal.throwIfAborted();
      onProgress?.(1);
      return [embedMetadata({ bytes, contentType: `image/${format}`, width, height }, request, NAME)];
    },
    async check() {
      open();
    },
    async close() {
      closed = true;
      await pool?.destroy();
    },
  };
}

async function encodeWebp(pixels: Uint8Array, width: number, height: number): Promise<Uint8Array> {
  const { default: sharp } = await import('sharp');
  return sharp(pixels, { raw: { width, height, channels: 3 } })
    .webp(WEBP)
    .toBuffer();
}
