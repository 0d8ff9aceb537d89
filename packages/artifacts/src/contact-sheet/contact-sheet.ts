import { drawSheetFrame } from './draw-sheet-frame.ts';
import { drawCells } from './draw-cells.ts';
import { layOutSheet } from './sheet-layout.ts';

/** A picture file, or why there is none. */
export type SheetCell = Uint8Array | 'pending' | 'running' | 'failed' | 'cancelled';

/** One table of the sheet: two axes, with the others fixed as its heading says. */
export interface SheetGroup {
  /** Empty where there is but one. */
  readonly heading?: string;
  /** Asked for once each, row by row from the top, so that few pictures are in memory at a time. */
  readonly cell: (row: number, column: number) => SheetCell | Promise<SheetCell>;
}

export interface ContactSheet {
  readonly title: string;
  readonly subtitle?: string;
  /** Names of the axes, shown at the corner. */
  readonly columnAxis?: string;
  readonly rowAxis?: string;
  readonly columns: readonly string[];
  readonly rows: readonly string[];
  readonly groups: readonly SheetGroup[];
  /** Width to height of a picture. Default 1. */
  readonly aspect?: number;
  /** Longest side of the sheet in pixels. Default 8,000; cells shrink to stay under it. */
  readonly maxSide?: number;
}

/**
 * The whole matrix as one PNG. Needs no fonts of the system. Memory is that of the finished sheet plus
 * a row of cells.
 *
 * @throws RangeError where not even the smallest cells would fit, naming the most that would.
 */
export async function contactSheet(sheet: ContactSheet): Promise<Uint8Array> {
  const layout = layOutSheet(sheet);
  const { default: sharp } = await import('sharp');
  const frame = await sharp(Buffer.from(drawSheetFrame(sheet, layout)), { unlimited: true })
    .removeAlpha()
    .raw()
    .toBuffer();
  await drawCells(frame, sheet, layout);
  return sharp(frame, {
    raw: { width: layout.width, height: layout.height, channels: 3 },
    limitInputPixels: false,
  })
    .png({ compressionLevel: 7 })
    .toBuffer();
}
