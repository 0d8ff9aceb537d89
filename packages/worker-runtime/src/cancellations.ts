import { control, type SubtaskJob } from '@backend2/contracts';
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

/** Hears every cancel, also those given shortly before this process began, and stops what they mean. */
export const cancellations = (streams: Streams): Cancellations => {
  const upTo = new Map<string, number>();
  const running = new Set<{ readonly run: Run; readonly controller: AbortController }>();
  const covers = ({ taskId, ordinal, run }: Run): boolean =>
    run <= Math.max(upTo.get(taskId) ?? 0, upTo.get(`${taskId}.${ordinal}`) ?? 0);
  const subscription = streams.broadcast(control).subscribe({
    from: '0',
    handler: ({ payload }) => {
      if (payload.type !== 'cancel') return;
      const key = payload.ordinal === undefined ? payload.taskId : `${payload.taskId}.${payload.ordinal}`;
      const known = upTo.get(key) ?? 0;
      upTo.delete(key);
      upTo.set(key, Math.max(known, payload.upToRun));
      for (const oldest of upTo.keys()) {
        if (upTo.size <= remembered) break;
        upTo.delete(oldest);
      }
      for (const { run, controller } of running)
        if (covers(run)) controller.abort(new SubtaskCancelledError('cancelled'));
    },
  });
  return {
    name: 'cancellations',
    start: () => subscription.start(),
    stop: (hard) => subscription.stop(hard),
    idleMs: () => subscription.idleMs(),
    covers,
    watch: (run) => {
      const entry = { run, controller: new AbortController() };
      running.add(entry);
      return { signal: entry.controller.signal, done: () => void running.delete(entry) };
    },
  };
};
