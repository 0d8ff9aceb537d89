import { RAMP } from '../palette.ts';
import { grainAt, noiseAt } from './grain.ts';
import type { Finisher } from './finish.ts';

/** Thin washes on rough paper, with pigment gathered where each wash ended. */
export const watercolour: Finisher = ({ width, scale, look, palette, texture }) => {
  const { ramp, lightest } = palette;
  const washes = 3.2 + 0.9 * look.folds;
  const coarse = scale * 0.09;
  const fine = scale * 0.016;
  return (row, y, out) => {
    for (let x = 0, at = 0; x < width; x++, at += 3) {
      const wander = noiseAt(x, y, coarse, texture) * 0.5 + noiseAt(x, y, fine, texture ^ 0x51) * 0.22;
      const level = (row.height[x]! * 0.65 + row.phase[x]! * 0.35) * washes + wander * 0.36;
      const wash = Math.floor(level);
      const into = level - wash;
      const hillX = row.heightX[x]!;
      const hillY = row.heightY[x]!;
      const steep = Math.sqrt(hillX * hillX + hillY * hillY) * washes + 0.3;
      const rim = Math.max(0, 1 - (into / steep) * 42);
      const soft = Math.min(1, (into / steep) * scale * 0.6);
      const tooth = 0.5 + 0.5 * noiseAt(x, y, Math.max(1.5, scale / 190), texture ^ 0x77);
      const pool = 0.82 + 0.34 * wander + 0.22 * rim + 0.1 * (1 - into) - 0.16 * tooth;
      const load = Math.max(
        0.05,
        Math.min(0.96, pool * (0.55 + 0.11 * (washes - wash)) * (0.7 + 0.3 * soft)),
      );
      const step = row.tone[x]! * 0.72 + 0.14 + (wash % 2) * 0.1 - 0.05;
      const colour = Math.min(RAMP - 1, Math.max(0, (step * RAMP) | 0)) * 3;
      const speck = 1 + 0.012 * grainAt(x, y, texture);
      for (let channel = 0; channel < 3; channel++) {
        const paper = lightest[channel]! * 0.6 + 0.36;
        out[at + channel] = (paper + (ramp[colour + channel]! * 1.12 - paper) * load) * speck;
      }
    }
  };
};
