import { isFinalTaskState, type TaskView } from '@backend2/contracts';
import { eventStream, type EventStreamOptions } from './event-stream.ts';
import { pause } from './pause.ts';
import { isPassing, type Transport } from './transport.ts';

export interface WaitOptions {
  readonly signal?: AbortSignal;
  /** Called with the task as it is now, first at once and then at each change. */
  readonly onProgress?: (task: TaskView) => void;
  readonly onConnection?: EventStreamOptions['onConnection'];
}

/** Asked this often beside the events, which tell soon but are not the record. */
const pollMs = 10_000;
/** After a request has given up its own attempts. */
const againMs = 1000;

/**
 * Resolves with the task in its final state; waits through a pause and for as long as the server is away.
 *
 * @throws Error when the task is deleted meanwhile; the signal's reason when it aborts.
 */
export const waitUntilFinished = async (
  transport: Transport,
  eventsPath: string,
  read: (signal: AbortSignal) => Promise<TaskView>,
  { signal, onProgress, onConnection }: WaitOptions = {},
): Promise<TaskView> => {
  const over = new AbortController();
  const stop = signal ? AbortSignal.any([signal, over.signal]) : over.signal;
  const isOver = (task: TaskView): boolean => {
    if (!stop.aborted) onProgress?.(task);
    return isFinalTaskState(task.state);
  };

  const readOnceThere = async (): Promise<TaskView> => {
    for (;;) {
      try {
        return await read(stop);
      } catch (error) {
        stop.throwIfAborted();
        if (!isPassing(error)) throw error;
        await pause(againMs, stop);
      }
    }
  };
  const listen = async (): Promise<TaskView> => {
    const options = { signal: stop, ...(onConnection ? { onConnection } : {}) };
    for await (const { message } of eventStream(transport, eventsPath, options)) {
      if (message.type === 'deleted') throw new Error('The task was deleted.');
      if (message.type === 'subtasks' || message.type === 'progress') continue;
      const task = message.type === 'task' ? message.task : await readOnceThere();
      if (isOver(task)) return task;
    }
    stop.throwIfAborted();
    throw new Error('The event stream ended.');
  };
  const ask = async (): Promise<TaskView> => {
    for (;;) {
      await pause(pollMs, stop);
      const task = await readOnceThere();
      if (isOver(task)) return task;
    }
  };

  const ways = [listen(), ask()];
  try {
    return await Promise.race(ways);
  } finally {
    over.abort();
    await Promise.allSettled(ways);
  }
};
