import type { MatrixCell } from '@backend2/contracts';
import type { TaskViewState } from '../state/task-view.ts';

const isFiltering = (view: Pick<TaskViewState, 'states' | 'ratings'>): boolean =>
  view.states.length > 0 || view.ratings.length > 0;

/** Whether a cell passes the view's filter; one not yet loaded passes only an empty one. */
export const matches = (
  cell: MatrixCell | undefined,
  view: Pick<TaskViewState, 'states' | 'ratings'>,
): boolean =>
  !isFiltering(view) ||
  (cell !== undefined &&
    (view.states.length === 0 || view.states.includes(cell.state)) &&
    (view.ratings.length === 0 || view.ratings.includes(cell.rating)));
