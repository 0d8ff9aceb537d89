import { RAMP } from '../palette.ts';
import type { Finisher } from './finish.ts';

/** Ink on paper: contour lines, closer and heavier where the surface turns from the light, over a thin wash. */
export const line: Finisher = ({ width, scale, look, palette }) => {
  const { ramp, lightest, darkest } = palette;
  const lines = 13 + 5 * look.folds;
  const thin = Math.max(0.55, scale / 620);
  return (row, _y, out) => {
    for (let x = 0, at = 0; x < width; x++, at += 3) {
      const hillX = row.heightX[x]! * 0.7 + row.phaseX[x]! * 0.3;
      const hillY = row.heightY[x]! * 0.7 + row.phaseY[x]! * 0.3;
      const level = (row.height[x]! * 0.7 + row.phase[x]! * 0.3) * lines;
      const steep = (Math.sqrt(hillX * hillX + hillY * hillY) * lines) / scale + 1e-4;
      const away = Math.abs(level - Math.floor(level) - 0.5) / steep;
      const lit = (0.6 * hillX + 0.8 * hillY) / Math.sqrt(1 + hillX * hillX + hillY * hillY);
      const heavy = thin * (1.15 + 1.5 * Math.max(-0.55, Math.min(1, lit)));
      const every = Math.floor(level) % 5 === 0 ? 0.8 : 0;
      const ink = Math.min(1, Math.max(0, heavy + every + 0.5 - away)) * Math.min(1, 0.55 / steep);
      const colour = Math.min(RAMP - 1, Math.max(0, (row.tone[x]! * RAMP) | 0)) * 3;
      const wash = 0.34 + 0.3 * Math.max(-0.6, Math.min(1, lit));
      for (let channel = 0; channel < 3; channel++) {
        const paper =
          lightest[channel]! * (1 - wash) +
          (0.35 * lightest[channel]! + 0.65 * ramp[colour + channel]!) * wash;
        out[at + channel] = paper + (darkest[channel]! - paper) * ink * 0.92;
      }
    }
  };
};
