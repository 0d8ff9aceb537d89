import { RAMP } from '../palette.ts';
import { grainAt, noiseAt } from './grain.ts';
import type { Finisher } from './finish.ts';

/** Thick strokes laid along the field's level lines, lit from the upper left. */
export const oil: Finisher = ({ width, scale, look, palette, texture }) => {
  const { ramp, lightest } = palette;
  const bristle = Math.max(1.4, scale / 150);
  const stroke = bristle * 9;
  return (row, y, out) => {
    for (let x = 0, at = 0; x < width; x++, at += 3) {
      const hillX = row.heightX[x]! + 0.4 * row.phaseX[x]!;
      const hillY = row.heightY[x]! + 0.4 * row.phaseY[x]!;
      const steep = Math.sqrt(hillX * hillX + hillY * hillY) + 0.05;
      const alongX = -hillY / steep;
      const alongY = hillX / steep;
      const along = x * alongX + y * alongY;
      const over = (row.height[x]! + 0.4 * row.phase[x]!) * scale * 0.9;
      const band = Math.floor(over / stroke);
      const shift = grainAt(band, 7, texture) * stroke * 4;
      const dab = noiseAt(along + shift, band * 61, stroke * 3.2, texture);
      const hair = noiseAt(along * 0.16 + shift, over, bristle, texture ^ 0x33);
      const into = over / stroke - band;
      const ridge = hair * 0.55 + (into - 0.5) * 0.7 * (0.6 * alongY - 0.8 * alongX);
      const step =
        row.tone[x]! * 0.86 + 0.07 + 0.1 * dab + 0.035 * hair + 0.04 * look.folds * (row.phase[x]! - 0.5);
      const colour = Math.min(RAMP - 1, Math.max(0, (step * RAMP) | 0)) * 3;
      const lit = 0.98 + 0.2 * ridge + 0.12 * dab;
      const shine = Math.max(0, ridge - 0.42) * 0.35;
      for (let channel = 0; channel < 3; channel++) {
        out[at + channel] = ramp[colour + channel]! * lit + lightest[channel]! * shine;
      }
    }
  };
};
