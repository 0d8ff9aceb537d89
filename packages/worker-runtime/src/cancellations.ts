import { control, type ControlMessage, type SubtaskJob } from '@backend2/contracts';
import type { Lifecycle, Streams } from '@backend2/streams';

type Run = Pick<SubtaskJob, 'taskId' | 'ordinal' | 'run'>;

export interface Cancellations extends Lifecycle {
  covers(run: Run): boolean;
  /** Aborted when the run is cancelled; `done` must be called once it ended. */
  watch(run: Run): { readonly signal: AbortSignal; done(): void };
  idleMs(): number;
}

/** The reason a cancelled run's signal carries. */
export class SubtaskCancelledError extends Error {
  override readonly name = 'SubtaskCancelledError';
}

/** Cancels remembered: those of work that may still wait in a lane. */
const remembered = 10_000;

const page = 1000;

export interface CancellationsOptions {
  readonly streams: Streams;
  /** Told of orders about lanes, each time one is heard. */
  readonly onLane?: (order: Extract<ControlMessage, { type: 'lane' }>) => void;
}

/** Hears every order to stop, those of before it started first, and stops what they mean. */
export const cancellations = ({ streams, onLane }: CancellationsOptions): Cancellations => {
  const upTo = new Map<string, number>();
  const running = new Map<string, Set<{ readonly run: Run; readonly controller: AbortController }>>();
  const covers = ({ taskId, ordinal, run }: Run): boolean =>
    run <= Math.max(upTo.get(taskId) ?? 0, upTo.get(`${taskId}.${ordinal}`) ?? 0);
  const hear = (order: ControlMessage): void => {
    if (order.type === 'lane') onLane?.(order);
    if (order.type !== 'cancel') return;
    const key = order.ordinal === undefined ? order.taskId : `${order.taskId}.${order.ordinal}`;
    const known = upTo.get(key) ?? 0;
    upTo.delete(key);
    upTo.set(key, Math.max(known, order.upToRun));
    for (const oldest of upTo.keys()) {
      if (upTo.size <= remembered) break;
      upTo.delete(oldest);
    }
    for (const { run, controller } of running.get(order.taskId) ?? [])
      if (covers(run)) controller.abort(new SubtaskCancelledError('The subtask was cancelled.'));
  };

  const broadcast = streams.broadcast(control);
  let subscription: ReturnType<typeof broadcast.subscribe> | undefined;
  const catchUp = async (): Promise<string> => {
    let from = '0';
    for (;;) {
      const { messages } = await broadcast.read(from, page);
      for (const { entryId, payload } of messages) {
        hear(payload);
        from = entryId;
      }
      if (messages.length < page) return from;
    }
  };

  return {
    name: 'cancellations',
    start: async () => {
      subscription = broadcast.subscribe({ from: await catchUp(), handler: ({ payload }) => hear(payload) });
      await subscription.start();
    },
    stop: async (hard) => subscription?.stop(hard),
    idleMs: () => subscription?.idleMs() ?? 0,
    covers,
    watch: (run) => {
      const entry = { run, controller: new AbortController() };
      const entries = running.get(run.taskId) ?? new Set();
      running.set(run.taskId, entries.add(entry));
      return {
        signal: entry.controller.signal,
        done: () => {
          entries.delete(entry);
          if (entries.size === 0) running.delete(run.taskId);
        },
      };
    },
  };
};
