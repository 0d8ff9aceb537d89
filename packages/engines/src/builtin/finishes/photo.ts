import { grainAt } from './grain.ts';
import type { Finisher } from './finish.ts';
import { cloth } from './silk.ts';

const surface = cloth({ relief: 0.022, shine: 0.5, tint: 0.03, depth: 1.25 });

/** The lit surface with a lens in front of it: darker corners and a trace of film grain. */
export const photo: Finisher = (canvas) => {
  const { width, height, scale, texture } = canvas;
  const paint = surface(canvas);
  return (row, y, out) => {
    paint(row, y, out);
    const v = (y - height / 2) / scale;
    for (let x = 0, at = 0; x < width; x++, at += 3) {
      const u = (x - width / 2) / scale;
      const corner = 1 - 0.24 * Math.min(2, u * u + v * v);
      const light = corner * (1 + 0.05 * grainAt(x, y, texture));
      out[at] = out[at]! * light;
      out[at + 1] = out[at + 1]! * light;
      out[at + 2] = out[at + 2]! * light;
    }
  };
};
