import type {
  MatrixCell,
  MatrixView,
  SubtaskChange,
  SubtaskProgress,
  SubtaskView,
} from '@backend2/contracts';

/** A cell with how far it is, while it runs and says so. */
export interface LiveCell extends MatrixCell {
  readonly progress?: Pick<SubtaskProgress, 'fraction' | 'note'>;
}

/** The cell after a change; what the event does not carry stays. */
const applyChange = (cell: MatrixCell | undefined, change: SubtaskChange): MatrixCell => ({
  ordinal: change.ordinal,
  state: change.state,
  attempt: change.attempt,
  rating: change.rating ?? cell?.rating ?? 'unrated',
  result: change.state === 'succeeded' ? (cell?.result ?? null) : null,
  error: change.error,
  artifacts: change.artifacts,
});

export const cellOfSubtask = (subtask: SubtaskView): MatrixCell => ({
  ordinal: subtask.ordinal,
  state: subtask.state,
  attempt: subtask.attempt,
  rating: subtask.rating,
  result: subtask.result,
  error: subtask.error,
  artifacts: subtask.artifacts,
});

/**
 * The cells known of one task, from snapshots and from changes heard since the stream was opened.
 * A snapshot may come from a standby a moment behind, so a change heard outlives a later snapshot;
 * the stream is whole and in order while it stands, so it is the newer of the two.
 */
export class Cells {
  readonly #cells = new Map<number, LiveCell>();
  readonly #heard = new Map<number, SubtaskChange>();

  get(ordinal: number): LiveCell | undefined {
    return this.#cells.get(ordinal);
  }

  load(matrix: Pick<MatrixView, 'cells'>): void {
    for (const row of matrix.cells) {
      for (const cell of row) {
        const change = this.#heard.get(cell.ordinal);
        this.#cells.set(cell.ordinal, change === undefined ? cell : applyChange(cell, change));
      }
    }
  }

  hear(changes: readonly SubtaskChange[]): void {
    for (const change of changes) {
      this.#heard.set(change.ordinal, change);
      this.#cells.set(change.ordinal, applyChange(this.#cells.get(change.ordinal), change));
    }
  }

  hearProgress(reports: readonly SubtaskProgress[]): void {
    for (const { ordinal, attempt, fraction, note } of reports) {
      const cell = this.#cells.get(ordinal);
      if (cell?.state !== 'running' || cell.attempt !== attempt) continue;
      this.#cells.set(ordinal, { ...cell, progress: { fraction, ...(note !== undefined && { note }) } });
    }
  }

  /** What the caller's own action answered: newer than anything heard before. */
  put(cell: MatrixCell): void {
    this.#heard.delete(cell.ordinal);
    this.#cells.set(cell.ordinal, cell);
  }

  /** After a break in the stream what was heard may be stale: the next snapshot decides. */
  forgetHeard(): void {
    this.#heard.clear();
  }
}
