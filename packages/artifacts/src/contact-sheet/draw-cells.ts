import type { ContactSheet, SheetCell } from './contact-sheet.ts';
import { drawText } from './lettering.ts';
import { FAINT, type SheetLayout } from './sheet-layout.ts';

type State = Exclude<SheetCell, Uint8Array>;

const GROUND: Readonly<Record<State, string>> = {
  pending: '#eceae4',
  running: '#e3ecf5',
  failed: '#f6e1de',
  cancelled: '#e9e9ea',
};
const MARK: Readonly<Record<State, string>> = {
  pending: '#c9c6bd',
  running: '#6f9bc8',
  failed: '#c0483c',
  cancelled: '#a9abb0',
};

/** A quiet box that says why there is no picture. */
function placeholder(state: State, width: number, height: number): string {
  const [x, y] = [width / 2, height / 2];
  const arm = Math.min(width, height) * 0.11;
  const stroke = `stroke="${MARK[state]}" stroke-width="${Math.max(1.5, arm / 4)}" stroke-linecap="round" fill="none"`;
  const shapes: Readonly<Record<State, string>> = {
    pending: [-1, 0, 1]
      .map((i) => `<circle cx="${x + i * arm}" cy="${y}" r="${arm / 4.5}" fill="${MARK.pending}"/>`)
      .join(''),
    running: `<path d="M ${x} ${y - arm} A ${arm} ${arm} 0 1 1 ${x - arm} ${y}" ${stroke}/>`,
    failed: `<path d="M ${x - arm} ${y - arm} L ${x + arm} ${y + arm} M ${x + arm} ${y - arm} L ${x - arm} ${y + arm}" ${stroke}/>`,
    cancelled: `<path d="M ${x - arm} ${y} L ${x + arm} ${y}" ${stroke}/>`,
  };
  const word =
    width >= 80 && height >= 60
      ? drawText(
          state,
          x,
          y + arm + 26,
          { face: 'regular', size: 13, colour: state === 'failed' ? MARK.failed : FAINT },
          'middle',
        )
      : '';
  return (
    `<svg xmlns="http://www.w3.org/2000/svg" width="${width}" height="${height}">` +
    `<rect width="100%" height="100%" fill="${GROUND[state]}"/>${shapes[state]}${word}</svg>`
  );
}

async function pixelsOf(cell: SheetCell, width: number, height: number): Promise<Uint8Array> {
  const { default: sharp } = await import('sharp');
  if (typeof cell === 'string') {
    return sharp(Buffer.from(placeholder(cell, width, height)))
      .removeAlpha()
      .raw()
      .toBuffer();
  }
  try {
    return await sharp(cell)
      .rotate()
      .resize({ width, height, fit: 'contain', background: '#f7f6f2' })
      .flatten({ background: '#f7f6f2' })
      .toColourspace('srgb')
      .raw()
      .toBuffer();
  } catch {
    // A file that is no picture shows as failed rather than costing the whole sheet.
    return pixelsOf('failed', width, height);
  }
}

/** Draws each cell into the sheet's red, green and blue bytes, a row of cells at a time. */
export async function drawCells(frame: Uint8Array, sheet: ContactSheet, layout: SheetLayout): Promise<void> {
  const { width, cellWidth, cellHeight } = layout;
  const blanks = new Map<State, Promise<Uint8Array>>();
  const draw = async (cell: SheetCell): Promise<Uint8Array> => {
    if (typeof cell !== 'string') return pixelsOf(cell, cellWidth, cellHeight);
    const blank = blanks.get(cell) ?? pixelsOf(cell, cellWidth, cellHeight);
    blanks.set(cell, blank);
    return blank;
  };
  for (const [index, group] of sheet.groups.entries()) {
    for (let row = 0; row < sheet.rows.length; row++) {
      for (let column = 0; column < sheet.columns.length; column++) {
        const pixels = await draw(await group.cell(row, column));
        const { left, top } = layout.cell(index, row, column);
        for (let y = 0; y < cellHeight; y++) {
          frame.set(
            pixels.subarray(y * cellWidth * 3, (y + 1) * cellWidth * 3),
            ((top + y) * width + left) * 3,
          );
        }
      }
    }
  }
}
