import type { GeneratedImage, ImageRequest } from '../image-engine.ts';
import { readPngTexts, withPngTexts } from './png-metadata.ts';
import { readWebpMetadata, withWebpMetadata } from './webp-metadata.ts';

export interface ImageMetadata {
  /** The line other image tools read and show. */
  readonly parameters?: string;
  /** Ours: prompt, negativePrompt, seed, width, height, engine, and what the request's `metadata` held. */
  readonly fields: Readonly<Record<string, string>>;
}

const OURS = 'backend2';

function parametersText(request: ImageRequest, engine: string): string {
  const { prompt, negativePrompt, seed, width, height, polish } = request;
  return [
    prompt,
    ...(negativePrompt === undefined || negativePrompt === '' ? [] : [`Negative prompt: ${negativePrompt}`]),
    [
      `Seed: ${seed}`,
      `Size: ${width}x${height}`,
      `Model: ${engine}`,
      ...(polish === true ? ['Polish: yes'] : []),
    ].join(', '),
  ].join('\n');
}

/** Writes what made the picture into its file. Formats other than PNG and WebP are handed back as they are. */
export function embedMetadata(image: GeneratedImage, request: ImageRequest, engine: string): GeneratedImage {
  const { prompt, negativePrompt, seed } = request;
  const json = JSON.stringify({
    ...request.metadata,
    prompt,
    ...(negativePrompt === undefined ? {} : { negativePrompt }),
    seed: String(seed),
    width: String(image.width),
    height: String(image.height),
    engine,
  });
  const parameters = parametersText(request, engine);
  switch (image.contentType) {
    case 'image/png':
      return {
        ...image,
        bytes: withPngTexts(image.bytes, { parameters, Software: 'Backend2', [OURS]: json }),
      };
    case 'image/webp':
      return { ...image, bytes: withWebpMetadata(image.bytes, image, { parameters, json }) };
    default:
      return image;
  }
}

function readTexts(bytes: Uint8Array): { parameters?: string; json?: string } {
  if (bytes[0] === 0x89 && bytes[1] === 0x50) {
    const { parameters, [OURS]: json } = readPngTexts(bytes);
    return { ...(parameters === undefined ? {} : { parameters }), ...(json === undefined ? {} : { json }) };
  }
  return bytes[0] === 0x52 && bytes[8] === 0x57 ? readWebpMetadata(bytes) : {};
}

/** What a PNG or WebP file says about its making; empty fields where it says nothing. */
export function readImageMetadata(bytes: Uint8Array): ImageMetadata {
  const { parameters, json } = readTexts(bytes);
  return {
    ...(parameters === undefined ? {} : { parameters }),
    fields: json === undefined ? {} : (JSON.parse(json) as Record<string, string>),
  };
}
