import { RAMP } from '../palette.ts';
import type { Finisher } from './finish.ts';

const COLOURS = 11;
const BAYER = [0, 8, 2, 10, 12, 4, 14, 6, 3, 11, 1, 9, 15, 7, 13, 5];

/** Square blocks in a handful of colours, with an ordered dither between neighbours. Blocks are sampled at their first row. */
export const pixel: Finisher = ({ width, scale, look, palette }) => {
  const { ramp } = palette;
  const block = Math.max(2, Math.round(scale / 48));
  const blocks = Math.ceil(width / block);
  const colours = new Int32Array(blocks);
  return (row, y, out) => {
    if (y % block === 0) {
      const down = (y / block) & 3;
      for (let i = 0; i < blocks; i++) {
        const x = Math.min(width - 1, i * block + (block >> 1));
        const hillX = row.heightX[x]!;
        const hillY = row.heightY[x]!;
        const lit = (-0.6 * hillX - 0.8 * hillY) / Math.sqrt(1 + hillX * hillX + hillY * hillY);
        const band = row.phase[x]! * look.folds * 0.6;
        const fold = Math.abs(band - Math.floor(band) - 0.5) * 0.24 - 0.06;
        const tone = row.tone[x]! * 0.82 + 0.1 + 0.17 * lit + fold;
        const dither = (BAYER[down * 4 + (i & 3)]! + 0.5) / 16 - 0.5;
        const colour = Math.round(tone * (COLOURS - 1) + dither * 0.85);
        colours[i] = ((Math.min(COLOURS - 1, Math.max(0, colour)) * (RAMP - 1)) / (COLOURS - 1)) | 0;
      }
    }
    for (let x = 0, at = 0; x < width; x++, at += 3) {
      const colour = colours[(x / block) | 0]! * 3;
      out[at] = ramp[colour]!;
      out[at + 1] = ramp[colour + 1]!;
      out[at + 2] = ramp[colour + 2]!;
    }
  };
};
