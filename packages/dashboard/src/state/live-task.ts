import { isAbort, wordsOf } from '../api/api.ts';
import type { Api, Connection } from '../api/api.ts';
import type { MatrixCell, Rating, TaskDetail, TaskEvent, TaskView } from '@backend2/contracts';
import type { Slice } from '../matrix/slice.ts';
import { Cells, cellOfSubtask } from './cells.ts';
import { addSample, finishedOf } from './progress.ts';
import type { RateSample } from './progress.ts';
import { createStore } from './store.ts';
import type { Store } from './store.ts';

export interface LiveStatus {
  readonly task: TaskDetail | null;
  /** Why there is no task to show, or why the slice did not load. */
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
  cell(ordinal: number): MatrixCell | undefined;
  /** Loads the slice unless what is known of it is whole and kept up by the stream. */
  show(slice: Slice): void;
  /** What an action answered. */
  accept(task: TaskView): void;
  /** Shown at once; rejects, and takes it back, where the server refuses. */
  rate(ordinal: number, rating: Rating): Promise<void>;
  retry(ordinal: number): Promise<void>;
  close(): void;
}

/** @param onFrame runs a function once before the next paint; what happens between is shown together. */
export const openLiveTask = (
  api: Api,
  taskId: string,
  onFrame: (run: () => void) => void,
  now: () => number,
): LiveTask => {
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
  let shown: Slice | undefined;
  let loading: AbortController | undefined;
  const whole = new Set<string>();

  let framePending = false;
  const changed = (): void => {
    if (framePending) return;
    framePending = true;
    onFrame(() => {
      framePending = false;
      version.update((n) => n + 1);
    });
  };

  const accept = (task: TaskView): void =>
    status.update((before) =>
      before.task === null
        ? before
        : {
            ...before,
            task: { ...before.task, ...task },
            samples: addSample(before.samples, { at: now(), finished: finishedOf(task.counts) }),
          },
    );

  const load = async (slice: Slice): Promise<void> => {
    loading?.abort();
    const mine = (loading = new AbortController());
    status.update((before) => ({ ...before, loadingSlice: true }));
    try {
      const matrix = await api.matrix(
        taskId,
        {
          ...(slice.x === null ? {} : { x: slice.x.name }),
          ...(slice.y === null ? {} : { y: slice.y.name }),
          fixed: Object.fromEntries(slice.fixed.map(({ axis, index }) => [axis.name, index])),
        },
        AbortSignal.any([mine.signal, closing.signal]),
      );
      cells.load(matrix);
      if (status.get().connection === 'live') whole.add(slice.key);
      status.update((before) => ({ ...before, loadingSlice: false, failure: null }));
      changed();
    } catch (error) {
      if (mine.signal.aborted || isAbort(error)) return;
      status.update((before) => ({ ...before, loadingSlice: false, failure: wordsOf(error) }));
    }
  };

  const loadTask = async (): Promise<void> => {
    try {
      const task = await api.getTask(taskId, closing.signal);
      status.update((before) => ({
        ...before,
        task,
        failure: null,
        samples: addSample(before.samples, { at: now(), finished: finishedOf(task.counts) }),
      }));
    } catch (error) {
      if (isAbort(error)) return;
      status.update((before) => ({ ...before, failure: wordsOf(error) }));
    }
  };

  const onConnection = (connection: Connection): void => {
    const before = status.get().connection;
    status.update((value) => ({ ...value, connection }));
    if (connection === 'reconnecting') {
      whole.clear();
      cells.forgetHeard();
    } else if (connection === 'live' && before !== 'live') {
      void loadTask();
      if (shown !== undefined) void load(shown);
    }
  };

  const take = (event: TaskEvent): void => {
    switch (event.type) {
      case 'task':
        return accept(event.task);
      case 'subtasks':
        cells.hear(event.changes);
        return changed();
      case 'deleted':
        return status.update((before) => ({ ...before, deleted: true }));
    }
  };

  const follow = async (): Promise<void> => {
    try {
      for await (const event of api.events(taskId, { signal: closing.signal, onConnection })) take(event);
    } catch (error) {
      if (!isAbort(error)) onConnection('reconnecting');
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
    show: (slice) => {
      shown = slice;
      if (!whole.has(slice.key)) void load(slice);
    },
    accept,
    rate: async (ordinal, rating) => {
      const before = cells.get(ordinal);
      if (before === undefined || before.rating === rating) return;
      put({ ...before, rating });
      try {
        put(cellOfSubtask(await api.patchSubtask(taskId, ordinal, { rating })));
      } catch (error) {
        put(before);
        throw error;
      }
    },
    retry: async (ordinal) => put(cellOfSubtask(await api.retrySubtask(taskId, ordinal))),
    close: () => closing.abort(),
  };
};
