import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import opentype from 'opentype.js';

type Face = 'regular' | 'bold';

const FILES: Readonly<Record<Face, string>> = {
  regular: 'dejavu-fonts-ttf/ttf/DejaVuSansCondensed.ttf',
  bold: 'dejavu-fonts-ttf/ttf/DejaVuSansCondensed-Bold.ttf',
};

const loaded = new Map<Face, opentype.Font>();

/** The typeface comes along as a file, since a bare machine has none; letters are drawn as outlines. */
function fontOf(face: Face): opentype.Font {
  let font = loaded.get(face);
  if (font === undefined) {
    const bytes = readFileSync(createRequire(import.meta.url).resolve(FILES[face]));
    font = opentype.parse(bytes.buffer.slice(bytes.byteOffset, bytes.byteOffset + bytes.byteLength));
    loaded.set(face, font);
  }
  return font;
}

export interface TextStyle {
  readonly face: Face;
  readonly size: number;
  readonly colour: string;
}

export function widthOfText(text: string, { face, size }: TextStyle): number {
  return fontOf(face).getAdvanceWidth(text, size);
}

/** An SVG path of one line of text, `x` being its left end, middle or right end and `y` its baseline. */
export function drawText(
  text: string,
  x: number,
  y: number,
  style: TextStyle,
  anchor: 'start' | 'middle' | 'end' = 'start',
): string {
  const width = anchor === 'start' ? 0 : widthOfText(text, style);
  const left = x - (anchor === 'middle' ? width / 2 : width);
  const path = fontOf(style.face).getPath(text, left, y, style.size).toPathData(2);
  return path === '' ? '' : `<path fill="${style.colour}" d="${path}"/>`;
}

function shortened(text: string, maxWidth: number, style: TextStyle): string {
  const letters = Array.from(text);
  let [fits, tooMany] = [0, letters.length];
  while (tooMany - fits > 1) {
    const middle = (fits + tooMany) >> 1;
    if (widthOfText(`${letters.slice(0, middle).join('').trimEnd()}…`, style) <= maxWidth) fits = middle;
    else tooMany = middle;
  }
  return `${letters.slice(0, fits).join('').trimEnd()}…`;
}

/** Breaks a label between words into at most `maxLines` lines; what is left over ends in an ellipsis. */
export function wrapText(text: string, maxWidth: number, maxLines: number, style: TextStyle): string[] {
  const words = text.replaceAll(/\s+/g, ' ').trim().slice(0, 1000).split(' ');
  const lines: string[] = [];
  let line = '';
  for (const [i, word] of words.entries()) {
    const longer = line === '' ? word : `${line} ${word}`;
    if (widthOfText(longer, style) <= maxWidth) {
      line = longer;
      continue;
    }
    const rest = [line, ...words.slice(i)].filter((part) => part !== '').join(' ');
    if (lines.length + 1 >= maxLines) return [...lines, shortened(rest, maxWidth, style)];
    if (line === '') {
      lines.push(shortened(word, maxWidth, style));
    } else {
      lines.push(line);
      line = widthOfText(word, style) <= maxWidth ? word : shortened(word, maxWidth, style);
    }
  }
  return line === '' ? lines : [...lines, line];
}
