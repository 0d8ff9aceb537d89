/** A colour in Björn Ottosson's OKLab space: lightness 0 to 1, then green-red and blue-yellow. */
export type Oklab = readonly [lightness: number, a: number, b: number];

/** Roots by Newton's method and square roots only, so that they are the same to the bit everywhere. */
function cubeRoot(x: number): number {
  if (x <= 0) return 0;
  let root = Math.sqrt(Math.sqrt(x));
  for (let i = 0; i < 12; i++) root = (2 * root + x / (root * root)) / 3;
  return root;
}

function fifthRoot(x: number): number {
  if (x <= 0) return 0;
  let root = Math.sqrt(Math.sqrt(x));
  for (let i = 0; i < 12; i++) root = (4 * root + x / (root * root * root * root)) / 5;
  return root;
}

/** sRGB's transfer curve: display value to linear light, both 0 to 1. */
function toLinear(value: number): number {
  if (value <= 0.04045) return value / 12.92;
  const base = (value + 0.055) / 1.055;
  const square = base * base;
  return square * fifthRoot(square);
}

/** Linear light to display value, both 0 to 1. */
export function toDisplay(light: number): number {
  if (light <= 0) return 0;
  if (light <= 0.0031308) return light * 12.92;
  if (light >= 1) return 1;
  const fifthPower = light * light * light * light * light;
  return 1.055 * Math.sqrt(Math.sqrt(cubeRoot(fifthPower))) - 0.055;
}

export function fromHex(hex: string): Oklab {
  const channel = (at: number) => toLinear(Number.parseInt(hex.slice(at, at + 2), 16) / 255);
  const red = channel(0);
  const green = channel(2);
  const blue = channel(4);
  const l = cubeRoot(0.4122214708 * red + 0.5363325363 * green + 0.0514459929 * blue);
  const m = cubeRoot(0.2119034982 * red + 0.6806995451 * green + 0.1073969566 * blue);
  const s = cubeRoot(0.0883024619 * red + 0.2817188376 * green + 0.6299787005 * blue);
  return [
    0.2104542553 * l + 0.793617785 * m - 0.0040720468 * s,
    1.9779984951 * l - 2.428592205 * m + 0.4505937099 * s,
    0.0259040371 * l + 0.7827717662 * m - 0.808675766 * s,
  ];
}

/** Linear red, green and blue, each held within 0 to 1. */
export function toLinearRgb([lightness, a, b]: Oklab): [number, number, number] {
  const l = lightness + 0.3963377774 * a + 0.2158037573 * b;
  const m = lightness - 0.1055613458 * a - 0.0638541728 * b;
  const s = lightness - 0.0894841775 * a - 1.291485548 * b;
  const [l3, m3, s3] = [l * l * l, m * m * m, s * s * s];
  const within = (x: number) => Math.min(1, Math.max(0, x));
  return [
    within(4.0767416621 * l3 - 3.3077115913 * m3 + 0.2309699292 * s3),
    within(-1.2684380046 * l3 + 2.6097574011 * m3 - 0.3413193965 * s3),
    within(-0.0041960863 * l3 - 0.7034186147 * m3 + 1.707614701 * s3),
  ];
}

export function blend(from: Oklab, to: Oklab, share: number): Oklab {
  return [
    from[0] + (to[0] - from[0]) * share,
    from[1] + (to[1] - from[1]) * share,
    from[2] + (to[2] - from[2]) * share,
  ];
}
