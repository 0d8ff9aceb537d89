import { RAMP } from '../palette.ts';
import { cosineOfTurns, sineOfTurns } from '../sine.ts';
import type { Finisher } from './finish.ts';

export interface Cloth {
  /** Height of the folds against that of the hills. */
  readonly relief: number;
  readonly shine: number;
  /** How far folds shift the colour along the palette. */
  readonly tint: number;
  readonly depth: number;
}

/** A lit, folded surface: hills from the height channel, folds along the phase channel. */
export const cloth =
  ({ relief, shine, tint, depth }: Cloth): Finisher =>
  ({ width, look, palette }) => {
    const { ramp, lightest } = palette;
    const turns = look.folds;
    const slopeOfFold = relief * 6.2832;
    return (row, _y, out) => {
      for (let x = 0, at = 0; x < width; x++, at += 3) {
        const height = row.height[x]!;
        const turn = row.phase[x]! * turns + height * 0.8;
        const sine = sineOfTurns(turn);
        const steep = slopeOfFold * cosineOfTurns(turn);
        const hillX = row.heightX[x]!;
        const hillY = row.heightY[x]!;
        const nx = -depth * (hillX + steep * (turns * row.phaseX[x]! + 0.8 * hillX));
        const ny = -depth * (hillY + steep * (turns * row.phaseY[x]! + 0.8 * hillY));
        const inverse = 1 / Math.sqrt(1 + nx * nx + ny * ny);
        const lit = Math.max(0, (-0.48 * nx - 0.58 * ny + 0.66) * inverse);
        const glance = Math.max(0, (-0.26 * nx - 0.32 * ny + 0.91) * inverse);
        const glance4 = glance * glance * glance * glance;
        const glance16 = glance4 * glance4 * glance4 * glance4;
        const shade = 0.2 + 1.12 * lit;
        const light = shine * glance16 * glance4 * glance4;
        const step = row.tone[x]! * 0.94 + 0.03 + tint * sine;
        const colour = Math.min(RAMP - 1, Math.max(0, (step * RAMP) | 0)) * 3;
        out[at] = ramp[colour]! * shade + lightest[0] * light;
        out[at + 1] = ramp[colour + 1]! * shade + lightest[1] * light;
        out[at + 2] = ramp[colour + 2]! * shade + lightest[2] * light;
      }
    };
  };

export const silk = cloth({ relief: 0.05, shine: 0.32, tint: 0.07, depth: 0.85 });
