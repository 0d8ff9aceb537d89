import { RAMP } from '../palette.ts';
import type { Finisher } from './finish.ts';

/** Glowing tubes along the contour lines over a dark, faintly lit ground. */
export const neon: Finisher = ({ width, scale, look, palette }) => {
  const { ramp } = palette;
  const tubes = 4 + 2.2 * look.folds;
  return (row, _y, out) => {
    for (let x = 0, at = 0; x < width; x++, at += 3) {
      const level = (row.phase[x]! * 0.6 + row.height[x]! * 0.4) * tubes;
      const slopeX = (row.phaseX[x]! * 0.6 + row.heightX[x]! * 0.4) * tubes;
      const slopeY = (row.phaseY[x]! * 0.6 + row.heightY[x]! * 0.4) * tubes;
      const steep = Math.sqrt(slopeX * slopeX + slopeY * slopeY) + 0.35;
      const away = Math.abs(level - Math.floor(level) - 0.5) / steep;
      const core = Math.max(0, 1 - (away * scale) / Math.max(1.4, scale * 0.0075));
      const glow = 0.00042 / (away * away + 0.00042);
      const halo = 0.012 / (away + 0.02);
      const tone = Math.min(1, Math.max(0, row.tone[x]!));
      const bright = ((0.48 + 0.5 * tone) * (RAMP - 1)) | 0;
      const dim = ((0.06 + 0.32 * tone) * (RAMP - 1)) | 0;
      const hill = 0.25 + 0.75 * row.height[x]!;
      for (let channel = 0; channel < 3; channel++) {
        const lamp = ramp[bright * 3 + channel]!;
        out[at + channel] =
          ramp[dim * 3 + channel]! * 0.5 * hill * hill +
          lamp * (0.85 * glow + 0.3 * halo) +
          core * core * (0.25 + 0.6 * lamp);
      }
    }
  };
};
