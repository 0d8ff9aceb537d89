import { deflateSync, inflateSync } from 'node:zlib';
import { pngChunk } from '../encode-png.ts';

const SIGNATURE_LENGTH = 8;

interface Chunk {
  readonly type: string;
  readonly data: Buffer;
  readonly start: number;
  readonly end: number;
}

function* chunksOf(png: Buffer): Generator<Chunk> {
  for (let start = SIGNATURE_LENGTH; start + 12 <= png.length;) {
    const length = png.readUInt32BE(start);
    const end = start + length + 12;
    if (end > png.length) return;
    yield {
      type: png.toString('latin1', start + 4, start + 8),
      data: png.subarray(start + 8, end - 4),
      start,
      end,
    };
    start = end;
  }
}

const LATIN = /^[\x20-\x7e\n\u00a0-\u00ff]*$/;

/** `tEXt` where Latin-1 can hold it, as the most tools read it; `iTXt`, compressed, where it cannot. */
function textChunk(keyword: string, text: string): Uint8Array {
  if (LATIN.test(text)) return pngChunk('tEXt', Buffer.from(`${keyword}\0${text}`, 'latin1'));
  return pngChunk(
    'iTXt',
    Buffer.concat([Buffer.from(`${keyword}\0\x01\0\0\0`, 'latin1'), deflateSync(text)]),
  );
}

/** A copy of the PNG with one text chunk for each entry, right after its header. */
export function withPngTexts(bytes: Uint8Array, texts: Readonly<Record<string, string>>): Uint8Array {
  const png = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const [header] = chunksOf(png);
  if (header?.type !== 'IHDR')
    throw new TypeError('These bytes are not a PNG: they do not begin with its header.');
  const chunks = Object.entries(texts).map(([keyword, text]) => textChunk(keyword, text));
  return Buffer.concat([png.subarray(0, header.end), ...chunks, png.subarray(header.end)]);
}

function readText({ type, data }: Chunk): [keyword: string, text: string] | undefined {
  const zero = data.indexOf(0);
  if (zero < 1) return undefined;
  const keyword = data.toString('latin1', 0, zero);
  if (type === 'tEXt') return [keyword, data.toString('latin1', zero + 1)];
  if (type !== 'iTXt') return undefined;
  const language = data.indexOf(0, zero + 3);
  const translated = data.indexOf(0, language + 1);
  if (language < 0 || translated < 0) return undefined;
  const text = data.subarray(translated + 1);
  return [keyword, (data[zero + 1] === 1 ? inflateSync(text) : text).toString('utf8')];
}

export function readPngTexts(bytes: Uint8Array): Record<string, string> {
  const png = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const texts: Record<string, string> = {};
  for (const chunk of chunksOf(png)) {
    const entry = readText(chunk);
    if (entry !== undefined) texts[entry[0]] = entry[1];
  }
  return texts;
}
