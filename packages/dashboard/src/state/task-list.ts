import { isFinalTaskState } from '@backend2/contracts';
import type { TaskView } from '@backend2/contracts';
import { isAbort, wordsOf } from '../api/api.ts';
import type { Api } from '../api/api.ts';
import type { TaskFilters } from './route.ts';
import { createStore } from './store.ts';
import type { Store } from './store.ts';

export interface TaskListState {
  /** Null until the first page came. */
  readonly tasks: readonly TaskView[] | null;
  readonly nextCursor: string | null;
  readonly failure: string | null;
  readonly loadingMore: boolean;
}

export interface TaskList {
  readonly state: Pick<Store<TaskListState>, 'get' | 'subscribe'>;
  /** Brings the first page up to date; what was paged in below it stays. */
  refresh(): Promise<void>;
  more(): Promise<void>;
  /** Whether anything shown may still change by itself. */
  moving(): boolean;
  close(): void;
}

const pageSize = 30;

/** The newer first page before the older rest; a task never stands twice. */
export const mergeFirstPage = (first: readonly TaskView[], known: readonly TaskView[]): TaskView[] => {
  const fresh = new Map(first.map((task) => [task.id, task]));
  const oldest = first.at(-1)?.createdAt;
  const rest = known.filter((task) => !fresh.has(task.id) && oldest !== undefined && task.createdAt < oldest);
  return [...first, ...rest];
};

export const openTaskList = (api: Api, filters: TaskFilters): TaskList => {
  const closing = new AbortController();
  const state = createStore<TaskListState>({ tasks: null, nextCursor: null, failure: null, loadingMore: false });

  const guarded = async (work: () => Promise<void>): Promise<void> => {
    try {
      await work();
    } catch (error) {
      if (isAbort(error)) return;
      state.update((before) => ({ ...before, failure: wordsOf(error), loadingMore: false }));
    }
  };

  return {
    state,
    refresh: () =>
      guarded(async () => {
        const page = await api.listTasks({ ...filters, limit: pageSize }, closing.signal);
        state.update((before) => {
          const paged = before.tasks !== null && before.tasks.length > pageSize;
          return {
            ...before,
            failure: null,
            tasks: paged ? mergeFirstPage(page.items, before.tasks ?? []) : page.items,
            nextCursor: paged ? before.nextCursor : page.nextCursor,
          };
        });
      }),
    more: () =>
      guarded(async () => {
        const { nextCursor, loadingMore } = state.get();
        if (nextCursor === null || loadingMore) return;
        state.update((before) => ({ ...before, loadingMore: true }));
        const page = await api.listTasks({ ...filters, limit: pageSize, cursor: nextCursor }, closing.signal);
        state.update((before) => {
          const shown = new Set(before.tasks?.map((task) => task.id));
          return {
            tasks: [...(before.tasks ?? []), ...page.items.filter((task) => !shown.has(task.id))],
            nextCursor: page.nextCursor,
            failure: null,
            loadingMore: false,
          };
        });
      }),
    moving: () => state.get().tasks?.some((task) => !isFinalTaskState(task.state)) ?? true,
    close: () => closing.abort(),
  };
};
