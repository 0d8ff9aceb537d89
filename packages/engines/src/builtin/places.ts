import type { Look } from './look.ts';
import { cosineOfTurns, sineOfTurns } from './sine.ts';

/** Writes the net's inputs for a place; the middle of the picture is 0, 0 and its mean half side 1. */
type Places = (x: number, y: number, input: Float64Array) => void;

/** Rounds the crease that mirroring leaves. */
const SOFT = 0.012;

/** Bends the plane as the look asks (mirrored, folded like a kaleidoscope, swirled, stretched) before the net sees it. */
export function placesFor(look: Look): Places {
  const across = look.layers > 0 ? 1 - 0.62 * look.layers : 1;
  const down = look.layers < 0 ? 1 + 0.62 * look.layers : 1;
  const { symmetry, radial, petals, swirl } = look;
  const mirrors = Array.from({ length: petals }, (_, i) => ({
    x: sineOfTurns(i / (2 * petals)),
    y: -cosineOfTurns(i / (2 * petals)),
  }));
  return (placeX, placeY, input) => {
    let x = placeX + (Math.sqrt(placeX * placeX + SOFT) - placeX) * symmetry;
    let y = placeY;
    for (const mirror of mirrors) {
      const beyond = x * mirror.x + y * mirror.y;
      const folded = Math.sqrt(beyond * beyond + SOFT * 0.12) - beyond;
      x += mirror.x * folded;
      y += mirror.y * folded;
    }
    const square = x * x + y * y;
    const radius = Math.sqrt(square);
    if (swirl > 0) {
      const turn = swirl / (0.28 + radius);
      const [sine, cosine] = [sineOfTurns(turn), cosineOfTurns(turn)];
      const turned = x * cosine - y * sine;
      y = x * sine + y * cosine;
      x = turned;
    }
    const near = (radial * 1.6) / (0.35 + radius);
    input[0] = x * across * 1.25;
    input[1] = y * down * 1.25;
    input[2] = radius * (0.5 + 1.6 * radial);
    input[3] = sineOfTurns(x * across * 0.35 + 0.13);
    input[4] = sineOfTurns(y * down * 0.35 + 0.29);
    input[5] = x * near;
    input[6] = y * near;
  };
}
