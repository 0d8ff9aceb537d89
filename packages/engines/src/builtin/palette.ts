import { COLOUR_WORDS, FREE_PALETTES, SCENE_WORDS } from './colour-words.ts';
import { blend, fromHex, toLinearRgb, type Oklab } from './oklab.ts';
import { project } from './prompt-vector.ts';
import { wordsOf } from './words.ts';

/** Steps of a palette's ramp. */
export const RAMP = 1024;

export interface Palette {
  /** Linear red, green, blue for each of `RAMP` steps, dark to light. */
  readonly ramp: Float32Array;
  readonly darkest: readonly [number, number, number];
  readonly lightest: readonly [number, number, number];
}

const INK: Oklab = [0.16, 0, -0.012];
const FREE_STOPS = FREE_PALETTES.map((stops) => stops.map(fromHex));
const PAPER: Oklab = [0.965, 0.001, 0.012];

/** Turns the hue: the cosine and sine are given so that nothing trigonometric is computed. */
function turned([l, a, b]: Oklab, cos: number, sin: number): Oklab {
  return [l, a * cos - b * sin, a * sin + b * cos];
}

function withLightness([, a, b]: Oklab, lightness: number, chroma: number): Oklab {
  return [lightness, a * chroma, b * chroma];
}

/** A ramp around the colours a prompt names: shadows lean to one side of the hue, lights to the other. */
function aroundColours(colours: readonly Oklab[]): Oklab[] {
  const inOrder = colours.toSorted((one, other) => one[0] - other[0]);
  const darkest = inOrder[0]!;
  const lightest = inOrder.at(-1)!;
  const stops: Oklab[] = [];
  if (darkest[0] > 0.3) {
    stops.push(turned(withLightness(darkest, 0.17, 0.5), 0.906, -0.423));
    if (darkest[0] > 0.5) stops.push(turned(withLightness(darkest, 0.36, 0.9), 0.966, -0.259));
  }
  stops.push(...inOrder);
  if (lightest[0] < 0.86) {
    if (lightest[0] < 0.68) stops.push(turned(withLightness(lightest, 0.8, 0.75), 0.94, 0.342));
    stops.push(turned(withLightness(lightest, 0.95, 0.28), 0.866, 0.5));
  }
  return stops;
}

/** The free palettes blended by how well each suits the meaning, sharply enough that one or two prevail. */
function suitedTo(meaning: Float64Array): Oklab[] {
  const scores = project(meaning, FREE_PALETTES.length, 'palette');
  const best = Math.max(...scores);
  const shares = scores.map((score) => Math.max(0, 1 - 1.6 * (best - score)));
  const total = shares.reduce((sum, share) => sum + share, 0);
  return FREE_STOPS[0]!.map((_, stop) => {
    const mixed = FREE_STOPS.map((stops, i) => stops[stop]!.map((value) => (value * shares[i]!) / total));
    return mixed.reduce<Oklab>(([l, a, b], [dl = 0, da = 0, db = 0]) => [l + dl, a + da, b + db], [0, 0, 0]);
  });
}

/** The stops, dark to light, from the colour and scene words of the prompt, or chosen by its meaning. */
function stopsFor(prompt: string, negativePrompt: string, meaning: Float64Array): Oklab[] {
  const unwanted = new Set(wordsOf(negativePrompt));
  const words = [...new Set(wordsOf(prompt))].filter((word) => !unwanted.has(word));
  const colours = words.flatMap((word) => {
    const hex = Object.hasOwn(COLOUR_WORDS, word) ? COLOUR_WORDS[word] : undefined;
    return hex === undefined ? [] : [fromHex(hex)];
  });
  const scenes = words.flatMap((word) => {
    const hexes = Object.hasOwn(SCENE_WORDS, word) ? SCENE_WORDS[word] : undefined;
    return hexes === undefined ? [] : [hexes.map(fromHex)];
  });
  const [scene, second] = scenes;
  if (scene === undefined) {
    return colours.length > 0 ? aroundColours(colours) : suitedTo(meaning);
  }
  const base =
    second === undefined ? scene : scene.map((stop, i) => blend(stop, second[i]!, i % 2 === 0 ? 0.3 : 0.7));
  return [...base, ...colours].toSorted((one, other) => one[0] - other[0]);
}

function buildRamp(stops: readonly Oklab[], drift: number): Palette {
  const cos = 1 - (drift * drift) / 2;
  const shifted = stops.map((stop) => turned(stop, cos, drift));
  const ramp = new Float32Array(RAMP * 3);
  const last = shifted.length - 1;
  for (let i = 0; i < RAMP; i++) {
    const at = (i / (RAMP - 1)) * last;
    const from = Math.min(last - 1, Math.floor(at));
    const share = at - from;
    ramp.set(
      toLinearRgb(
        blend(shifted[from]!, shifted[from + 1]!, share * share * (3 - 2 * share) * 0.5 + share * 0.5),
      ),
      i * 3,
    );
  }
  return {
    ramp,
    darkest: toLinearRgb(blend(shifted[0]!, INK, 0.35)),
    lightest: toLinearRgb(blend(shifted[last]!, PAPER, 0.6)),
  };
}

/** `drift` turns every hue a little, in radians; one prompt's seeds differ by it. */
export function paletteFor(
  prompt: string,
  negativePrompt: string,
  meaning: Float64Array,
  drift: number,
): Palette {
  const stops = stopsFor(prompt, negativePrompt, meaning);
  return buildRamp(stops.length > 1 ? stops : [INK, ...stops, PAPER], drift);
}
