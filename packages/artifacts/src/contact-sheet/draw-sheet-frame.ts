import type { ContactSheet } from './contact-sheet.ts';
import { drawText, wrapText } from './lettering.ts';
import { axisStyle, headingStyle, subtitleStyle, titleStyle, type SheetLayout } from './sheet-layout.ts';

/** Everything but the cells, as SVG: paper, title, headings, labels. */
export function drawSheetFrame(sheet: ContactSheet, layout: SheetLayout): string {
  const { width, height, margin, label } = layout;
  const parts: string[] = [];
  let y = margin + 26;
  for (const line of layout.titleLines) {
    parts.push(drawText(line, margin, y, titleStyle));
    y += 38;
  }
  y -= 8;
  for (const line of layout.subtitleLines) {
    parts.push(drawText(line, margin, y, subtitleStyle));
    y += 22;
  }
  const lineHeight = label.size * 1.25;
  for (const [index, group] of layout.groups.entries()) {
    const { heading } = sheet.groups[index] ?? {};
    const top = group.top - layout.columnLabelHeight;
    if (heading !== undefined && heading !== '') {
      const [line = ''] = wrapText(heading, width - 2 * margin, 1, headingStyle);
      parts.push(drawText(line, margin, top - 12, headingStyle));
    }
    if (sheet.columnAxis !== undefined) {
      const [line = ''] = wrapText(sheet.columnAxis, width - group.left - margin, 1, axisStyle);
      parts.push(drawText(line, group.left, top + 13, axisStyle));
    }
    if (sheet.rowAxis !== undefined) {
      const [line = ''] = wrapText(sheet.rowAxis, layout.rowLabelWidth, 1, axisStyle);
      parts.push(drawText(line, group.left - 14, group.top - 10, axisStyle, 'end'));
    }
    for (const [column, lines] of layout.columnLabels.entries()) {
      const { left } = layout.cell(index, 0, column);
      const middle = left + layout.cellWidth / 2;
      for (const [i, line] of lines.entries()) {
        const baseline = group.top - 10 - (lines.length - 1 - i) * lineHeight;
        parts.push(drawText(line, middle, baseline, label, 'middle'));
      }
    }
    for (const [row, lines] of layout.rowLabels.entries()) {
      const { top: cellTop } = layout.cell(index, row, 0);
      const first = cellTop + layout.cellHeight / 2 - (lines.length * lineHeight) / 2 + label.size;
      for (const [i, line] of lines.entries()) {
        parts.push(drawText(line, group.left - 14, first + i * lineHeight, label, 'end'));
      }
    }
  }
  return (
    `<svg xmlns="http://www.w3.org/2000/svg" width="${width}" height="${height}">` +
    `<rect width="100%" height="100%" fill="#f7f6f2"/>${parts.join('')}</svg>`
  );
}
