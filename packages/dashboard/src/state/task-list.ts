import type { Client } from '@backend2/client';
import { isFinalTaskState } from '@backend2/contracts';
import type { TaskView } from '@backend2/contracts';
import type { TaskFilters } from './route.ts';
import { createStore } from './store.ts';
import type { Store } from './store.ts';
import { wordsOf } from './words.ts';

interface TaskListState {
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
}

const pageSize = 30;

/** The newer first page before the older rest; a task never stands twice. */
const mergeFirstPage = (first: readonly TaskView[], known: readonly TaskView[]): TaskView[] => {
  const fresh = new Set(first.map((task) => task.id));
  const oldest = first.at(-1)?.createdAt;
  const rest = known.filter((task) => !fresh.has(task.id) && oldest !== undefined && task.createdAt < oldest);
  return [...first, ...rest];
};

export const openTaskList = (api: Pick<Client, 'tasks'>, filters: TaskFilters): TaskList => {
  const state = createStore<TaskListState>({
    tasks: null,
    nextCursor: null,
    failure: null,
    loadingMore: false,
  });
  const failed = (error: unknown): void =>
    state.update((before) => ({ ...before, failure: wordsOf(error), loadingMore: false }));
  let refreshing: Promise<void> | undefined;

  const refresh = async (): Promise<void> => {
    const page = await api.tasks.list({ ...filters, limit: pageSize });
    state.update((before) => {
      const known = before.tasks ?? [];
      const paged = known.length > pageSize;
      return {
        ...before,
        failure: null,
        tasks: paged ? mergeFirstPage(page.items, known) : page.items,
        nextCursor: paged ? before.nextCursor : page.nextCursor,
      };
    });
  };

  const more = async (cursor: string): Promise<void> => {
    state.update((before) => ({ ...before, loadingMore: true }));
    const page = await api.tasks.list({ ...filters, limit: pageSize, cursor });
    state.update(({ tasks }) => {
      const shown = new Set(tasks?.map((task) => task.id));
      return {
        tasks: [...(tasks ?? []), ...page.items.filter((task) => !shown.has(task.id))],
        nextCursor: page.nextCursor,
        failure: null,
        loadingMore: false,
      };
    });
  };

  return {
    state,
    refresh: () =>
      (refreshing ??= refresh()
        .catch(failed)
        .finally(() => (refreshing = undefined))),
    more: async () => {
      const { nextCursor, loadingMore } = state.get();
      if (nextCursor !== null && !loadingMore) await more(nextCursor).catch(failed);
    },
    moving: () => state.get().tasks?.some((task) => !isFinalTaskState(task.state)) ?? false,
  };
};
