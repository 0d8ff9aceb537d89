import type { SubtaskState } from '@backend2/contracts';

/** One picture of a contact sheet, or why there is none. */
export interface SheetCell {
  readonly state: SubtaskState;
  /** Reads the picture; there where the subtask has one. */
  readonly read?: () => Promise<Uint8Array>;
}

/** Rows of cells over two axes, the further axes fixed as the heading says. */
export interface SheetPage {
  readonly heading: string;
  readonly columns: readonly string[];
  readonly rows: readonly string[];
  readonly cells: readonly (readonly SheetCell[])[];
}

export interface Sheet {
  readonly title: string;
  readonly subtitle: string;
  readonly columnsName: string;
  readonly rowsName: string;
  readonly pages: readonly SheetPage[];
}
