import type { ContactSheet } from './contact-sheet.ts';
import { widthOfText, wrapText, type TextStyle } from './lettering.ts';

const INK = '#1d2430';
export const FAINT = '#6b7484';

export const titleStyle: TextStyle = { face: 'bold', size: 30, colour: INK };
export const subtitleStyle: TextStyle = { face: 'regular', size: 16, colour: FAINT };
export const headingStyle: TextStyle = { face: 'bold', size: 19, colour: INK };
export const axisStyle: TextStyle = { face: 'bold', size: 14, colour: FAINT };

const MARGIN = 36;
const LARGEST_CELL = 256;
const SMALLEST_CELL = 24;
const LABEL_LINES = 3;
const DEFAULT_MAX_SIDE = 8000;
/** Of red, green and blue bytes: a bound on what a sheet may take in memory. */
const MAX_PIXELS = 64_000_000;

interface Box {
  readonly left: number;
  readonly top: number;
}

export interface SheetLayout {
  readonly width: number;
  readonly height: number;
  readonly margin: number;
  readonly cellWidth: number;
  readonly cellHeight: number;
  readonly gap: number;
  readonly label: TextStyle;
  readonly columnLabels: readonly (readonly string[])[];
  readonly rowLabels: readonly (readonly string[])[];
  readonly rowLabelWidth: number;
  /** Height of the column labels above each table. */
  readonly columnLabelHeight: number;
  readonly headingHeight: number;
  readonly titleLines: readonly string[];
  readonly subtitleLines: readonly string[];
  readonly groups: readonly Box[];
  cell(group: number, row: number, column: number): Box;
}

function layOut(sheet: ContactSheet, longSide: number): SheetLayout {
  const aspect = Math.min(8, Math.max(1 / 8, sheet.aspect ?? 1));
  const cellWidth = Math.max(SMALLEST_CELL, Math.round(aspect >= 1 ? longSide : longSide * aspect));
  const cellHeight = Math.max(SMALLEST_CELL, Math.round(aspect >= 1 ? longSide / aspect : longSide));
  const gap = Math.max(2, Math.round(longSide / 40));
  const label: TextStyle = { face: 'regular', size: Math.max(9, Math.min(16, longSide / 9)), colour: INK };
  const lineHeight = label.size * 1.25;

  const rowLabelMax = Math.max(70, Math.min(240, longSide * 1.1));
  const rowLabels = sheet.rows.map((text) =>
    wrapText(
      text,
      rowLabelMax,
      Math.max(1, Math.min(LABEL_LINES, Math.floor(cellHeight / lineHeight))),
      label,
    ),
  );
  const columnLabels = sheet.columns.map((text) => wrapText(text, cellWidth, LABEL_LINES, label));
  const rowLabelWidth = Math.ceil(
    Math.max(0, ...rowLabels.flat().map((line) => widthOfText(line, label)), axisWidth(sheet)),
  );
  const left = MARGIN + rowLabelWidth + (rowLabelWidth > 0 ? 14 : 0);
  const columnLines = Math.max(0, ...columnLabels.map((lines) => lines.length));
  const columnLabelHeight = Math.ceil(
    columnLines * lineHeight + 10 + (sheet.columnAxis === undefined ? 0 : 22),
  );

  const tableWidth = sheet.columns.length * (cellWidth + gap) - gap;
  const tableHeight = sheet.rows.length * (cellHeight + gap) - gap;
  const width = Math.max(left + tableWidth + MARGIN, 480);
  const inner = width - 2 * MARGIN;
  const titleLines = wrapText(sheet.title, inner, 2, titleStyle);
  const subtitleLines = sheet.subtitle === undefined ? [] : wrapText(sheet.subtitle, inner, 2, subtitleStyle);
  const headingHeight = sheet.groups.some(({ heading }) => heading !== undefined && heading !== '') ? 38 : 0;

  const groups: Box[] = [];
  let top = MARGIN + titleLines.length * 38 + subtitleLines.length * 22 + 14;
  for (let i = 0; i < sheet.groups.length; i++) {
    top += headingHeight + columnLabelHeight;
    groups.push({ left, top });
    top += tableHeight + 34;
  }
  return {
    width: Math.round(width),
    height: Math.round(top - 34 + MARGIN),
    margin: MARGIN,
    cellWidth,
    cellHeight,
    gap,
    label,
    columnLabels,
    rowLabels,
    rowLabelWidth,
    columnLabelHeight,
    headingHeight,
    titleLines,
    subtitleLines,
    groups,
    cell: (group, row, column) => ({
      left: (groups[group]?.left ?? left) + column * (cellWidth + gap),
      top: (groups[group]?.top ?? 0) + row * (cellHeight + gap),
    }),
  };
}

function axisWidth({ rowAxis }: ContactSheet): number {
  return rowAxis === undefined ? 0 : Math.min(160, widthOfText(rowAxis, axisStyle));
}

/** Shrinks the cells from the largest size until the sheet stays within its limits. */
export function layOutSheet(sheet: ContactSheet): SheetLayout {
  const maxSide = sheet.maxSide ?? DEFAULT_MAX_SIDE;
  for (let longSide = LARGEST_CELL; longSide >= SMALLEST_CELL; longSide = Math.floor(longSide * 0.9)) {
    const layout = layOut(sheet, longSide);
    if (Math.max(layout.width, layout.height) <= maxSide && layout.width * layout.height <= MAX_PIXELS)
      return layout;
  }
  const cells = sheet.columns.length * sheet.rows.length * sheet.groups.length;
  throw new RangeError(
    `A contact sheet of ${sheet.columns.length} by ${sheet.rows.length} cells in ${sheet.groups.length} tables ` +
      `(${cells} in all) does not fit into ${maxSide} pixels a side; fix a variable to one value to draw a part of it.`,
  );
}
