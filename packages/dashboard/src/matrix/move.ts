import type { Position } from './slice.ts';

export interface GridShape {
  readonly columns: number;
  readonly rows: number;
  /** Rows that a page key moves by. */
  readonly pageRows: number;
}

/** Where a key takes the active cell; null for a key that does not move. */
export const moveByKey = (
  at: Position,
  key: string,
  withControl: boolean,
  grid: GridShape,
): Position | null => {
  const to = (column: number, row: number): Position => ({
    column: Math.max(0, Math.min(column, grid.columns - 1)),
    row: Math.max(0, Math.min(row, grid.rows - 1)),
  });
  switch (key) {
    case 'ArrowLeft':
      return to(at.column - 1, at.row);
    case 'ArrowRight':
      return to(at.column + 1, at.row);
    case 'ArrowUp':
      return to(at.column, at.row - 1);
    case 'ArrowDown':
      return to(at.column, at.row + 1);
    case 'Home':
      return to(0, withControl ? 0 : at.row);
    case 'End':
      return to(grid.columns - 1, withControl ? grid.rows - 1 : at.row);
    case 'PageUp':
      return to(at.column, at.row - grid.pageRows);
    case 'PageDown':
      return to(at.column, at.row + grid.pageRows);
    default:
      return null;
  }
};
