import { CHANNELS } from './net.ts';
import type { FieldGrid } from './neural-field.ts';

/** One row of pixels of the field with its slopes, in values per unit of picture (half its side, about). */
export interface FieldRow {
  readonly height: Float32Array;
  readonly heightX: Float32Array;
  readonly heightY: Float32Array;
  readonly tone: Float32Array;
  readonly phase: Float32Array;
  readonly phaseX: Float32Array;
  readonly phaseY: Float32Array;
}

function splineWeights(step: number): Float64Array {
  const weights = new Float64Array(step * 4);
  for (let i = 0; i < step; i++) {
    const t = (i + 0.5) / step;
    const s = 1 - t;
    weights[i * 4] = (s * s * s) / 6;
    weights[i * 4 + 1] = (3 * t * t * t - 6 * t * t + 4) / 6;
    weights[i * 4 + 2] = (3 * s * s * s - 6 * s * s + 4) / 6;
    weights[i * 4 + 3] = (t * t * t) / 6;
  }
  return weights;
}

/** Reads the coarse grid at full size through a cubic B-spline, whose slopes have no creases. Rows must be asked for in order from 0. */
export class FieldRows {
  readonly #grid: FieldGrid;
  readonly #width: number;
  readonly #slope: number;
  readonly #weights: Float64Array;
  readonly #column: Float32Array;
  readonly #now: Float32Array[];
  readonly #before: Float32Array[];
  readonly #row: FieldRow;

  constructor(grid: FieldGrid, width: number, height: number) {
    this.#grid = grid;
    this.#width = width;
    this.#slope = Math.sqrt(width * height) / 2;
    this.#weights = splineWeights(grid.step);
    this.#column = new Float32Array(grid.columns);
    const line = () => new Float32Array(width + 1);
    this.#now = Array.from({ length: CHANNELS }, line);
    this.#before = Array.from({ length: CHANNELS }, line);
    this.#row = {
      height: line(),
      heightX: line(),
      heightY: line(),
      tone: line(),
      phase: line(),
      phaseX: line(),
      phaseY: line(),
    };
    for (let channel = 0; channel < CHANNELS; channel++) this.#readRow(channel, 0, this.#before[channel]!);
  }

  /** The returned row is reused by the next call. */
  at(y: number): FieldRow {
    for (let channel = 0; channel < CHANNELS; channel++) this.#readRow(channel, y + 1, this.#now[channel]!);
    const row = this.#row;
    row.tone.set(this.#before[1]!);
    this.#slopes(this.#before[0]!, this.#now[0]!, row.height, row.heightX, row.heightY);
    this.#slopes(this.#before[2]!, this.#now[2]!, row.phase, row.phaseX, row.phaseY);
    for (let channel = 0; channel < CHANNELS; channel++) {
      const finished = this.#before[channel]!;
      this.#before[channel] = this.#now[channel]!;
      this.#now[channel] = finished;
    }
    return row;
  }

  #slopes(
    line: Float32Array,
    next: Float32Array,
    value: Float32Array,
    x: Float32Array,
    y: Float32Array,
  ): void {
    const slope = this.#slope;
    for (let i = 0; i < this.#width; i++) {
      const here = line[i]!;
      value[i] = here;
      x[i] = (line[i + 1]! - here) * slope;
      y[i] = (next[i]! - here) * slope;
    }
  }

  #readRow(channel: number, y: number, out: Float32Array): void {
    const { columns, rows, step, channels } = this.#grid;
    const values = channels[channel]!;
    const weights = this.#weights;
    const column = this.#column;
    const top = Math.min(rows - 4, Math.floor(y / step)) * columns;
    const v = (y % step) * 4;
    const [v0, v1, v2, v3] = [weights[v]!, weights[v + 1]!, weights[v + 2]!, weights[v + 3]!];
    for (let i = 0; i < columns; i++) {
      const at = top + i;
      column[i] =
        v0 * values[at]! +
        v1 * values[at + columns]! +
        v2 * values[at + 2 * columns]! +
        v3 * values[at + 3 * columns]!;
    }
    for (let x = 0, left = 0; x <= this.#width; left++) {
      const from = Math.min(columns - 4, left);
      const [c0, c1, c2, c3] = [column[from]!, column[from + 1]!, column[from + 2]!, column[from + 3]!];
      for (let i = 0; i < weights.length && x <= this.#width; i += 4, x++) {
        out[x] = weights[i]! * c0 + weights[i + 1]! * c1 + weights[i + 2]! * c2 + weights[i + 3]! * c3;
      }
    }
  }
}
