import type { FieldRow } from '../field-rows.ts';
import type { Look } from '../look.ts';
import type { Palette } from '../palette.ts';

/** Writes one row of pixels, linear red, green and blue in turn, from one row of the field. */
type PaintRow = (row: FieldRow, y: number, out: Float32Array) => void;

interface Canvas {
  readonly width: number;
  readonly height: number;
  /** Pixels per unit of the field: half the picture's mean side. */
  readonly scale: number;
  readonly look: Look;
  readonly palette: Palette;
  /** For grain and texture: the same picture has the same. */
  readonly texture: number;
}

export type Finisher = (canvas: Canvas) => PaintRow;
