import { project } from './prompt-vector.ts';
import { sineOfTurns, squash } from './sine.ts';

const INPUTS = 7;
const HIDDEN = 14;
/** What the net says of a point: its height, its place on the palette, the phase of its folds. */
export const CHANNELS = 3;

/** Two hidden layers: sines, then sines and squashes. Fill `input`, run, read `output`. */
export class Net {
  readonly input = new Float64Array(INPUTS);
  readonly output = new Float64Array(CHANNELS);
  readonly #first = new Float64Array(HIDDEN);
  readonly #second = new Float64Array(HIDDEN);
  readonly #toFirst: Float64Array;
  readonly #toSecond: Float64Array;
  readonly #toOutput: Float64Array;
  readonly #biases: Float64Array;

  /** `pace` sets how fast the first layer's sines turn: higher is busier. */
  constructor(vector: Float64Array, pace: number) {
    const weights = project(vector, HIDDEN * (INPUTS + HIDDEN + CHANNELS), 'weights');
    this.#toFirst = weights.subarray(0, HIDDEN * INPUTS).map((weight) => weight * pace);
    this.#toSecond = weights.subarray(HIDDEN * INPUTS, HIDDEN * (INPUTS + HIDDEN));
    this.#toOutput = weights.subarray(HIDDEN * (INPUTS + HIDDEN));
    this.#biases = project(vector, HIDDEN * 2, 'biases').map((bias, i) =>
      i < HIDDEN ? bias * 1.6 * pace : bias,
    );
  }

  run(): void {
    const { input, output } = this;
    const first = this.#first;
    const second = this.#second;
    const biases = this.#biases;
    const toFirst = this.#toFirst;
    for (let to = 0, weight = 0; to < HIDDEN; to++) {
      let sum = biases[to]!;
      for (let from = 0; from < INPUTS; from++, weight++) sum += toFirst[weight]! * input[from]!;
      first[to] = sineOfTurns(sum);
    }
    const toSecond = this.#toSecond;
    for (let to = 0, weight = 0; to < HIDDEN; to++) {
      let sum = biases[HIDDEN + to]!;
      for (let from = 0; from < HIDDEN; from++, weight++) sum += toSecond[weight]! * first[from]!;
      second[to] = to % 3 === 0 ? sineOfTurns(sum * 0.11) : squash(sum * 0.5);
    }
    const toOutput = this.#toOutput;
    for (let to = 0, weight = 0; to < CHANNELS; to++) {
      let sum = 0;
      for (let from = 0; from < HIDDEN; from++, weight++) sum += toOutput[weight]! * second[from]!;
      output[to] = sum;
    }
  }
}
