import { ratings, subtaskStates } from '@backend2/contracts';
import type { Rating, SubtaskState } from '@backend2/contracts';

/** What a link to a task's page carries. */
export interface TaskViewState {
  /** Axis names; absent means the task's default. */
  readonly x?: string;
  readonly y?: string;
  /** Index on each axis that is neither x nor y; 0 where it does not say. */
  readonly fixed: Readonly<Record<string, number>>;
  /** Ordinal of the open cell. */
  readonly cell?: number;
  /** Ordinal of the cell it is compared with. */
  readonly against?: number;
  /** Cells in other states or ratings are dimmed; empty means all. */
  readonly states: readonly SubtaskState[];
  readonly ratings: readonly Rating[];
}

export const emptyTaskView: TaskViewState = { fixed: {}, states: [], ratings: [] };

const indexPrefix = 'at.';

const ordinalOf = (text: string | null): number | undefined =>
  text !== null && /^\d{1,9}$/.test(text) ? Number(text) : undefined;

const members = <T extends string>(known: readonly T[], text: string | null): T[] =>
  known.filter((one) => (text ?? '').split(',').includes(one));

/** Reads what it understands and leaves the rest: an old or mistyped link still opens. */
export const parseTaskView = (query: URLSearchParams): TaskViewState => {
  const fixed: Record<string, number> = {};
  for (const [key, value] of query) {
    const index = key.startsWith(indexPrefix) ? ordinalOf(value) : undefined;
    if (index !== undefined && index > 0) fixed[key.slice(indexPrefix.length)] = index;
  }
  const x = query.get('x');
  const y = query.get('y');
  const cell = ordinalOf(query.get('cell'));
  const against = ordinalOf(query.get('against'));
  return {
    ...(x === null ? {} : { x }),
    ...(y === null ? {} : { y }),
    fixed,
    ...(cell === undefined ? {} : { cell }),
    ...(cell === undefined || against === undefined || against === cell ? {} : { against }),
    states: members(subtaskStates, query.get('state')),
    ratings: members(ratings, query.get('rating')),
  };
};

export const taskViewQuery = (view: TaskViewState): URLSearchParams => {
  const query = new URLSearchParams();
  if (view.x !== undefined) query.set('x', view.x);
  if (view.y !== undefined) query.set('y', view.y);
  for (const [axis, index] of Object.entries(view.fixed)) {
    if (index > 0) query.set(indexPrefix + axis, String(index));
  }
  if (view.states.length > 0) query.set('state', view.states.join(','));
  if (view.ratings.length > 0) query.set('rating', view.ratings.join(','));
  if (view.cell !== undefined) query.set('cell', String(view.cell));
  if (view.against !== undefined) query.set('against', String(view.against));
  return query;
};
