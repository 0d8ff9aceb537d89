import { control, type ControlMessage, type SubtaskJob } from '@backend2/contracts';
import type { Lifecycle, Streams } from '@backend2/streams';

type Run = Pick<SubtaskJob, 'taskId' | 'ordinal' | 'run'>;

export interface Cancellations extends Lifecycle {
  covers(run: Run): boolean;
  /** Calls `onCancel` when the run is cancelled. What it returns must be called once the run ended. */
  watch(run: Run, onCancel: (reason: SubtaskCancelledError) => void): () => void;
  idleMs(): number;
}

/** The reason a cancelled run's signal carries. */
export class SubtaskCancelledError extends Error {
  override readonly name = 'SubtaskCancelledError';
}

interface Watch {
  readonly run: Run;
  readonly onCancel: (reason: SubtaskCancelledError) => void;
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
  const running = new Map<string, Set<Watch>>();
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
    for (const { run, onCancel } of running.get(order.taskId) ?? [])
      if (covers(run)) onCancel(new SubtaskCancelledError('The subtask was cancelled.'));
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
    watch: (run, onCancel) => {
      const entry: Watch = { run, onCancel };
      let entries = running.get(run.taskId);
      if (entries === undefined) running.set(run.taskId, (entries = new Set()));
      entries.add(entry);
      return () => {
        entries.delete(entry);
        if (entries.size === 0) running.delete(run.taskId);
      };
    },
  };
};
