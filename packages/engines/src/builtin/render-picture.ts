import { FieldRows } from './field-rows.ts';
import { finishers } from './finishes/finishers.ts';
import { lookOf } from './look.ts';
import { computeField, RenderStopped, type Stopped } from './neural-field.ts';
import { toDisplay } from './oklab.ts';
import { paletteFor } from './palette.ts';
import { polishLight } from './polish.ts';
import { meaningOf, project, promptVector } from './prompt-vector.ts';
import { hashText } from './random.ts';

export interface Picture {
  readonly prompt: string;
  readonly negativePrompt: string;
  readonly width: number;
  readonly height: number;
  readonly seed: number;
  readonly polish: boolean;
}

const LEVELS = 4095;
const DISPLAY = Uint8Array.from({ length: LEVELS + 1 }, (_, i) => Math.round(toDisplay(i / LEVELS) * 255));
const ROWS_BETWEEN_CHECKS = 16;

/** Red, green, blue bytes, row by row from the top, in `pixels` where given. Throws `RenderStopped` soon after `stopped` says true. */
export function renderPicture(
  picture: Picture,
  stopped: Stopped,
  pixels: Uint8Array = new Uint8Array(picture.width * picture.height * 3),
): Uint8Array {
  const { prompt, negativePrompt, width, height, seed } = picture;
  const meaning = meaningOf(prompt, negativePrompt);
  const vector = promptVector(meaning, seed);
  const look = lookOf(prompt, negativePrompt, vector);
  const drift = 0.12 * Math.max(-1.5, Math.min(1.5, project(vector, 1, 'drift')[0]!));
  const palette = paletteFor(prompt, negativePrompt, meaning, drift);
  const scale = Math.sqrt(width * height) / 2;
  const step = stepFor(scale, picture.polish);
  const rows = new FieldRows(computeField(vector, look, { width, height, step }, stopped), width, height);
  const paint = finishers[look.finish]({
    width,
    height,
    scale,
    look,
    palette,
    texture: hashText(prompt) ^ seed,
  });

  const light = new Float32Array(width * (picture.polish ? height : 1) * 3);
  for (let y = 0; y < height; y++) {
    if (y % ROWS_BETWEEN_CHECKS === 0 && stopped())
      throw new RenderStopped('the picture is no longer wanted');
    const line = picture.polish ? light.subarray(y * width * 3, (y + 1) * width * 3) : light;
    paint(rows.at(y), y, line);
    if (!picture.polish) display(line, pixels, y * width * 3);
  }
  if (picture.polish) {
    polishLight(light, width, height);
    display(light, pixels, 0);
  }
  return pixels;
}

function stepFor(scale: number, polish: boolean): number {
  const coarse = Math.max(2, Math.min(12, Math.round(scale / 110)));
  return polish ? Math.max(2, coarse >> 1) : coarse;
}

function display(light: Float32Array, pixels: Uint8Array, offset: number): void {
  for (let i = 0; i < light.length; i++) {
    const level = light[i]! * LEVELS + 0.5;
    pixels[offset + i] = DISPLAY[level < 0 ? 0 : level > LEVELS ? LEVELS : level | 0]!;
  }
}
