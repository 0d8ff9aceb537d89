import type { Look } from './look.ts';
import { CHANNELS, Net } from './net.ts';
import { placesFor } from './places.ts';
import { squash } from './sine.ts';

/** The net's answers on a coarse grid, each channel spread over 0 to 1; the picture is drawn from it at full size. */
export interface FieldGrid {
  readonly columns: number;
  readonly rows: number;
  /** Pixels between grid points. */
  readonly step: number;
  readonly channels: readonly Float32Array[];
}

export interface FieldSize {
  readonly width: number;
  readonly height: number;
  readonly step: number;
}

/** Asked between rows; true ends the work. */
export type Stopped = () => boolean;

export class RenderStopped extends Error {
  override readonly name = 'RenderStopped';
}

/** Rescales so that all but the farthest hundredth at each end lies in 0 to 1: every picture uses its whole palette. */
function spread(values: Float32Array): void {
  const sample = Float32Array.from(
    { length: 4096 },
    (_, i) => values[Math.floor((i * values.length) / 4096)]!,
  );
  sample.sort();
  const low = sample[41]!;
  const high = sample[4054]!;
  const scale = 1 / Math.max(1e-6, high - low);
  for (let i = 0; i < values.length; i++) {
    values[i] = 0.5 + 0.5 * squash(((values[i]! - low) * scale - 0.5) * 2.2) * 1.12;
  }
}

/** Draws nearly even shares of every value, so that no colour swallows the rest. */
function equalise(values: Float32Array, share: number): void {
  const bins = 512;
  const counts = new Float64Array(bins + 1);
  const binOf = (value: number) => Math.min(bins - 1, Math.max(0, Math.floor(value * bins)));
  for (const value of values) counts[binOf(value) + 1]! += 1;
  for (let i = 1; i <= bins; i++) counts[i]! += counts[i - 1]!;
  for (let i = 0; i < values.length; i++) {
    const value = values[i]!;
    const bin = binOf(value);
    const within = Math.min(1, Math.max(0, value * bins - bin));
    const rank = (counts[bin]! + (counts[bin + 1]! - counts[bin]!) * within) / values.length;
    values[i] = value + (rank - value) * share;
  }
}

/**
 * A compositional pattern-producing network: place in, pattern out. Its weights are a fixed linear
 * projection of the prompt's vector, so near prompts give near pictures.
 */
export function computeField(vector: Float64Array, look: Look, size: FieldSize, stopped: Stopped): FieldGrid {
  const { width, height, step } = size;
  const columns = Math.ceil(width / step) + 4;
  const rows = Math.ceil(height / step) + 4;
  const channels = Array.from({ length: CHANNELS }, () => new Float32Array(columns * rows));
  const net = new Net(vector, 0.19 * look.frequency);
  const places = placesFor(look);
  const unit = 2 / Math.sqrt(width * height);
  for (let row = 0; row < rows; row++) {
    if (stopped()) throw new RenderStopped('the picture is no longer wanted');
    const y = ((row - 1) * step - height / 2) * unit;
    for (let column = 0; column < columns; column++) {
      const x = ((column - 1) * step - width / 2) * unit;
      places(x, y, net.input);
      net.run();
      compose(look, x, y, net.output);
      const at = row * columns + column;
      for (let channel = 0; channel < CHANNELS; channel++) channels[channel]![at] = net.output[channel]!;
    }
  }
  for (const channel of channels) spread(channel);
  equalise(channels[1]!, 0.6);
  return { columns, rows, step, channels };
}

/** Layered looks darken from top to bottom; a spotlight lifts the middle. */
function compose(look: Look, x: number, y: number, output: Float64Array): void {
  const level = look.layers > 0 ? look.layers : 0;
  const lift = look.spotlight / (1 + 3.2 * (x * x + y * y));
  output[0] = output[0]! - y * 0.9 * level + lift * 2.2;
  output[1] = output[1]! - y * 2.4 * level + lift * 2.6;
}
