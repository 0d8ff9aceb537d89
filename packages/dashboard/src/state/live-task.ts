import type { Client } from '@backend2/client';
import type {
  EventStreamMessage,
  MatrixCell,
  Rating,
  SubtaskView,
  TaskDetail,
  TaskView,
} from '@backend2/contracts';
import type { Slice } from '../matrix/slice.ts';
import { Cells, cellOfSubtask, type LiveCell } from './cells.ts';
import { addSample, finishedOf } from './progress.ts';
import type { RateSample } from './progress.ts';
import { createStore } from './store.ts';
import type { Store } from './store.ts';
import { wordsOf } from './words.ts';

type Connection = 'connecting' | 'live' | 'reconnecting';

interface LiveStatus {
  readonly task: TaskDetail | null;
  /** Why there is no task to show, why a slice did not load, or why nothing more is heard. */
  readonly failure: string | null;
  readonly connection: Connection;
  readonly deleted: boolean;
  readonly loadingSlice: boolean;
  readonly samples: readonly RateSample[];
}

export interface LiveTask {
  readonly status: Pick<Store<LiveStatus>, 'get' | 'subscribe'>;
  /** Grows with every change of a cell. */
  readonly version: Pick<Store<number>, 'get' | 'subscribe'>;
  readonly cell: (ordinal: number) => LiveCell | undefined;
  /** Takes a subtask that was read by itself for a cell no slice has shown. */
  learn(subtask: SubtaskView): void;
  /** Loads the slice unless it was loaded before and the stream kept it up since. */
  show(slice: Slice): void;
  /** Reads everything shown anew. */
  readonly reload: () => void;
  /** What an action answered. */
  accept(task: TaskView): void;
  /** Shown at once; rejects, and takes it back, where the server refuses. */
  rate(ordinal: number, rating: Rating): Promise<void>;
  retry(ordinal: number): Promise<void>;
  close(): void;
}

export interface LiveTaskOptions {
  readonly api: Pick<Client, 'tasks'>;
  readonly taskId: string;
  /** Runs a function once before the next paint: changes that come between are shown together. */
  readonly onFrame: (run: () => void) => void;
  /** Milliseconds. */
  readonly now: () => number;
}

export const openLiveTask = ({ api, taskId, onFrame, now }: LiveTaskOptions): LiveTask => {
  const closing = new AbortController();
  const cells = new Cells();
  const version = createStore(0);
  const status = createStore<LiveStatus>({
    task: null,
    failure: null,
    connection: 'connecting',
    deleted: false,
    loadingSlice: false,
    samples: [],
  });
  const set = (change: Partial<LiveStatus>): void => status.update((before) => ({ ...before, ...change }));
  let shown: Slice | undefined;
  let loading: AbortController | undefined;
  const upToDate = new Set<string>();

  let framePending = false;
  const changed = (): void => {
    if (framePending) return;
    framePending = true;
    onFrame(() => {
      framePending = false;
      version.update((n) => n + 1);
    });
  };

  const sampled = (task: TaskView): readonly RateSample[] =>
    addSample(status.get().samples, { at: now(), finished: finishedOf(task.counts) });

  const accept = (task: TaskView): void => {
    const known = status.get().task;
    if (known !== null) set({ task: { ...known, ...task }, samples: sampled(task) });
  };

  const load = async (slice: Slice): Promise<void> => {
    loading?.abort();
    const mine = (loading = new AbortController());
    const signal = AbortSignal.any([mine.signal, closing.signal]);
    set({ loadingSlice: true });
    try {
      const fixed = Object.fromEntries(slice.fixed.map(({ axis, index }) => [axis.name, index]));
      const query = {
        ...(slice.x === null ? {} : { x: slice.x.name }),
        ...(slice.y === null ? {} : { y: slice.y.name }),
        fixed,
      };
      cells.load(await api.tasks.matrix(taskId, query, { signal }));
      if (status.get().connection === 'live') upToDate.add(slice.key);
      set({ loadingSlice: false, failure: null });
      changed();
    } catch (error) {
      if (!signal.aborted) set({ loadingSlice: false, failure: wordsOf(error) });
    }
  };

  const loadTask = async (): Promise<void> => {
    try {
      const task = await api.tasks.get(taskId);
      set({ task, failure: null, samples: sampled(task) });
    } catch (error) {
      set({ failure: wordsOf(error) });
    }
  };

  const reload = (): void => {
    upToDate.clear();
    cells.forgetHeard();
    void loadTask();
    if (shown !== undefined) void load(shown);
  };

  const take = (message: EventStreamMessage): void => {
    switch (message.type) {
      case 'ready':
      case 'reset':
        return reload();
      case 'task':
        return accept(message.task);
      case 'subtasks':
        cells.hear(message.changes);
        return changed();
      case 'progress':
        cells.hearProgress(message.progress);
        return changed();
      case 'deleted':
        return set({ deleted: true });
    }
  };

  const follow = async (): Promise<void> => {
    const onConnection = (state: 'open' | 'lost'): void =>
      set({ connection: state === 'open' ? 'live' : 'reconnecting' });
    try {
      for await (const { message } of api.tasks.events(taskId, { signal: closing.signal, onConnection })) {
        take(message);
      }
    } catch (error) {
      set({ connection: 'reconnecting', failure: wordsOf(error) });
    }
  };

  void loadTask();
  void follow();

  const put = (cell: MatrixCell): void => {
    cells.put(cell);
    changed();
  };

  return {
    status,
    version,
    cell: (ordinal) => cells.get(ordinal),
    learn: (subtask) => {
      if (cells.get(subtask.ordinal) === undefined) put(cellOfSubtask(subtask));
    },
    show: (slice) => {
      shown = slice;
      if (!upToDate.has(slice.key)) void load(slice);
    },
    reload,
    accept,
    rate: async (ordinal, rating) => {
      const before = cells.get(ordinal);
      if (before === undefined || before.rating === rating) return;
      put({ ...before, rating });
      try {
        put(cellOfSubtask(await api.tasks.updateSubtask(taskId, ordinal, { rating })));
      } catch (error) {
        put(before);
        throw error;
      }
    },
    retry: async (ordinal) => put(cellOfSubtask(await api.tasks.retrySubtask(taskId, ordinal))),
    close: () => closing.abort(),
  };
};
