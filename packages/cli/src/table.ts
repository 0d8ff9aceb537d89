/** Columns as wide as their widest cell; the last is not padded. */
export const table = (rows: readonly (readonly string[])[]): string => {
  const widths: number[] = [];
  for (const row of rows) {
    for (const [column, cell] of row.entries())
      widths[column] = Math.max(widths[column] ?? 0, Array.from(cell).length);
  }
  return rows
    .map((row) =>
      row
        .map((cell, column) => pad(cell, widths[column] ?? 0))
        .join('  ')
        .trimEnd(),
    )
    .join('\n');
};

/** A table under its headings, or what to say where it has no rows. */
export const listing = (
  headings: readonly string[],
  rows: readonly (readonly string[])[],
  none: string,
): string => (rows.length === 0 ? none : table([headings, ...rows]));

const pad = (cell: string, width: number): string =>
  cell + ' '.repeat(Math.max(0, width - Array.from(cell).length));

/** At most `width` characters, the last an ellipsis where some are missing. */
export const shorten = (text: string, width: number): string => {
  const letters = Array.from(text.replaceAll(/\s+/g, ' '));
  return letters.length <= width ? letters.join('') : `${letters.slice(0, width - 1).join('')}…`;
};
