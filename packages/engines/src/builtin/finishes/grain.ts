/** Evenly spread in -1 to 1 for each cell of the plane. */
export function grainAt(x: number, y: number, salt: number): number {
  let hash = Math.imul(x, 0x27d4eb2d) ^ Math.imul(y, 0x165667b1) ^ salt;
  hash = Math.imul(hash ^ (hash >>> 15), 0x85ebca6b);
  hash ^= hash >>> 13;
  return (hash | 0) / 2147483648;
}

/** Smooth noise of the given cell size in pixels, -1 to 1. */
export function noiseAt(x: number, y: number, cell: number, salt: number): number {
  const u = x / cell;
  const v = y / cell;
  const left = Math.floor(u);
  const top = Math.floor(v);
  const s = u - left;
  const t = v - top;
  const a = grainAt(left, top, salt);
  const b = grainAt(left + 1, top, salt);
  const c = grainAt(left, top + 1, salt);
  const d = grainAt(left + 1, top + 1, salt);
  const across = s * s * (3 - 2 * s);
  const down = t * t * (3 - 2 * t);
  const upper = a + (b - a) * across;
  return upper + (c + (d - c) * across - upper) * down;
}
