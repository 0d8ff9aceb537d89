import { move } from 'piscina';
import { encodePng } from '../encode-png.ts';
import { renderPicture, type Picture } from './render-picture.ts';
import { Scratch } from './scratch.ts';

export interface RenderJob {
  readonly picture: Picture;
  readonly encode: 'png' | 'none';
  /** One shared 32-bit word; not zero means that the caller has gone. */
  readonly stop: SharedArrayBuffer;
}

const canvas = new Scratch();

/** What a worker thread runs: the file's bytes, or bare pixels for another encoder. */
export default function renderJob({ picture, encode, stop }: RenderJob): unknown {
  const flag = new Int32Array(stop);
  const stopped = () => Atomics.load(flag, 0) !== 0;
  const { width, height } = picture;
  if (encode === 'none') return move(ownBuffer(renderPicture(picture, stopped)));
  const pixels = renderPicture(picture, stopped, canvas.take(width * height * 3));
  return move(ownBuffer(encodePng(pixels, width, height)));
}

/** The bytes' own memory, to be moved; small Buffers share a slab with others, which cannot be. */
function ownBuffer(bytes: Uint8Array): ArrayBuffer {
  const { buffer } = bytes;
  return buffer instanceof ArrayBuffer && buffer.byteLength === bytes.byteLength && bytes.byteLength > 8192
    ? buffer
    : new Uint8Array(bytes).buffer;
}
