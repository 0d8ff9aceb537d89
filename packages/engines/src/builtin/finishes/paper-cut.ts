import { RAMP } from '../palette.ts';
import { grainAt } from './grain.ts';
import type { Finisher } from './finish.ts';

/** Stacked sheets of coloured paper, each throwing a soft shadow on the one below. */
export const paperCut: Finisher = ({ width, scale, look, palette, texture }) => {
  const { ramp } = palette;
  const sheets = Math.max(5, Math.min(11, Math.round(4 + 1.8 * look.folds)));
  const reach = 0.075 * scale;
  return (row, y, out) => {
    for (let x = 0, at = 0; x < width; x++, at += 3) {
      const level = (row.height[x]! * 0.72 + row.phase[x]! * 0.28) * sheets;
      const slopeX = ((row.heightX[x]! * 0.72 + row.phaseX[x]! * 0.28) * sheets) / scale;
      const slopeY = ((row.heightY[x]! * 0.72 + row.phaseY[x]! * 0.28) * sheets) / scale;
      const steep = Math.sqrt(slopeX * slopeX + slopeY * slopeY) + 1e-5;
      const sheet = Math.floor(level);
      const above = sheet + 1 - level;
      const pixelsToEdge = above / steep;
      const pixelsFromEdge = (level - sheet) / steep;
      const facing = (slopeX * 0.6 + slopeY * 0.8) / steep;
      const near = Math.max(0, 1 - pixelsToEdge / (reach * (0.75 - 0.45 * facing)));
      const shadow = 1 - 0.62 * near * near;
      const rim = 0.16 * (1 - 0.5 * facing) * Math.max(0, 1 - pixelsFromEdge / 2.4);
      const edge = Math.min(1, pixelsFromEdge);
      const step = (sheet + 0.5) / sheets;
      const under = (sheet - 0.5) / sheets;
      const drift = row.tone[x]! * 0.22 - 0.11;
      const upper = Math.min(RAMP - 1, Math.max(0, ((step + drift) * RAMP) | 0)) * 3;
      const lower = Math.min(RAMP - 1, Math.max(0, ((under + drift) * RAMP) | 0)) * 3;
      const tooth = 1 + 0.018 * grainAt(x >> 1, y >> 1, texture) + rim;
      const light = shadow * tooth * edge;
      const dark = 0.38 * (1 - edge);
      out[at] = ramp[upper]! * light + ramp[lower]! * dark;
      out[at + 1] = ramp[upper + 1]! * light + ramp[lower + 1]! * dark;
      out[at + 2] = ramp[upper + 2]! * light + ramp[lower + 2]! * dark;
    }
  };
};
