import { constants, crc32, deflateSync } from 'node:zlib';
import { Scratch } from './builtin/scratch.ts';

const rows = new Scratch();
const SIGNATURE = Uint8Array.of(0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a);

export function pngChunk(type: string, data: Uint8Array): Uint8Array {
  const chunk = Buffer.alloc(data.length + 12);
  chunk.writeUInt32BE(data.length, 0);
  chunk.write(type, 4, 'latin1');
  chunk.set(data, 8);
  chunk.writeUInt32BE(crc32(chunk.subarray(4, data.length + 8)), data.length + 8);
  return chunk;
}

/**
 * Each byte less the plane through its left, upper and upper left neighbours where that suits
 * smooth pictures (Paeth), the same filter for every row.
 */
function filtered(pixels: Uint8Array, width: number, height: number): Uint8Array {
  const stride = width * 3;
  const out = rows.take((stride + 1) * height);
  for (let y = 0; y < height; y++) {
    const to = y * (stride + 1);
    const at = y * stride;
    out[to] = y === 0 ? 1 : 4;
    for (let i = 0; i < stride; i++) {
      const left = i < 3 ? 0 : pixels[at + i - 3]!;
      if (y === 0) {
        out[to + 1 + i] = pixels[i]! - left;
        continue;
      }
      const up = pixels[at + i - stride]!;
      const corner = i < 3 ? 0 : pixels[at + i - stride - 3]!;
      const overLeft = Math.abs(up - corner);
      const overUp = Math.abs(left - corner);
      const overCorner = Math.abs(left + up - corner - corner);
      const guess = overLeft <= overUp && overLeft <= overCorner ? left : overUp <= overCorner ? up : corner;
      out[to + 1 + i] = pixels[at + i]! - guess;
    }
  }
  return out;
}

/**
 * An 8-bit RGB PNG. Run-length and Huffman coding only: quick, within a few per cent of full deflate
 * on such pictures, and free of zlib's hash tables, whose output may differ from processor to processor.
 */
export function encodePng(pixels: Uint8Array, width: number, height: number): Uint8Array {
  const header = Buffer.alloc(13);
  header.writeUInt32BE(width, 0);
  header.writeUInt32BE(height, 4);
  header.set([8, 2, 0, 0, 0], 8);
  const data = deflateSync(filtered(pixels, width, height), {
    strategy: constants.Z_RLE,
    level: 6,
    memLevel: 9,
  });
  return Buffer.concat([
    SIGNATURE,
    pngChunk('IHDR', header),
    pngChunk('IDAT', data),
    pngChunk('IEND', new Uint8Array(0)),
  ]);
}
