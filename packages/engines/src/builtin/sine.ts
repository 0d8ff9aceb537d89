const SIZE = 4096;
const MASK = SIZE - 1;
const PER_TURN = SIZE;
const TWO_PI = 6.283185307179586;

/**
 * Math.sin is left alone here: compilers may fuse its multiplications on one processor and not on
 * another. This table is made of plain additions and multiplications, which IEEE 754 fixes to the bit.
 */
function taylorSine(radians: number): number {
  let term = radians;
  let sum = radians;
  for (let n = 1; n <= 12; n++) {
    term = (-term * radians * radians) / (2 * n * (2 * n + 1));
    sum += term;
  }
  return sum;
}

const TABLE = Float64Array.from({ length: SIZE + 1 }, (_, i) => {
  const turn = i / SIZE;
  return taylorSine((turn <= 0.5 ? turn : turn - 1) * TWO_PI);
});

/** Sine of `turns` whole turns: 0.25 gives 1. */
export function sineOfTurns(turns: number): number {
  const scaled = turns * PER_TURN;
  const floor = Math.floor(scaled);
  const index = floor & MASK;
  const low = TABLE[index]!;
  return low + (TABLE[index + 1]! - low) * (scaled - floor);
}

export function cosineOfTurns(turns: number): number {
  return sineOfTurns(turns + 0.25);
}

/** A squashing function like tanh, from a rational form exact to the bit everywhere. */
export function squash(x: number): number {
  if (x > 3) return 1;
  if (x < -3) return -1;
  const square = x * x;
  return (x * (27 + square)) / (27 + 9 * square);
}
