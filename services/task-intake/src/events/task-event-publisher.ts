import { taskEvents, type ProgressReport, type SubtaskChange, type TaskEvent } from '@backend2/contracts';
import type { Streams } from '@backend2/streams';
import { taskViewOf, type TaskHead, type TaskRow } from '../adapters/task-rows.ts';

/** Bounds an entry, and with the number of entries kept what the stream may take of Redis. */
const changesPerEvent = 100;
/** Told at a time of a task that moves as a whole, so that it needs no more memory than a small one. */
const movedAtOnce = 2000;

export interface TaskEventPublisher {
  /** Subtasks that changed, then their task as it is now, in this order for each task. */
  publish(
    tasks: readonly TaskHead[],
    changes?: ReadonlyMap<string, { readonly ownerId: string; readonly changes: readonly SubtaskChange[] }>,
  ): Promise<void>;
  /** Subtasks of a task that all went to one state, however many, then their task as it is now. */
  moved(task: TaskRow, ordinals: readonly number[], state: SubtaskChange['state']): Promise<void>;
  progress(reports: readonly { readonly report: ProgressReport; readonly ownerId: string }[]): Promise<void>;
  deleted(task: TaskRow): Promise<void>;
}

/** @param onTold called as each change is told: whatever else tells of it may look now. */
export const taskEventPublisher = (streams: Streams, onTold: () => void): TaskEventPublisher => {
  const broadcast = streams.broadcast(taskEvents);
  return {
    publish: async (tasks, changes = new Map()) => {
      const events: TaskEvent[] = [];
      for (const [taskId, { ownerId, changes: own }] of changes) {
        events.push(...subtaskEvents(taskId, ownerId, own));
      }
      for (const task of tasks) {
        events.push({ type: 'task', taskId: task.id, ownerId: task.owner_id, task: taskViewOf(task) });
      }
      if (events.length === 0) return;
      onTold();
      await broadcast.publishMany(events);
    },
    moved: async (task, ordinals, state) => {
      const { id: taskId, owner_id: ownerId } = task;
      onTold();
      for (let i = 0; i < ordinals.length; i += movedAtOnce) {
        const some = ordinals.slice(i, i + movedAtOnce);
        const changes = some.map((ordinal) => ({ ordinal, state, attempt: 0, error: null, artifacts: [] }));
        await broadcast.publishMany(subtaskEvents(taskId, ownerId, changes));
      }
      await broadcast.publish({ type: 'task', taskId, ownerId, task: taskViewOf(task) });
    },
    progress: async (reports) => {
      const byTask = new Map<string, Extract<TaskEvent, { type: 'progress' }>>();
      for (const { report, ownerId } of reports) {
        const { taskId, ordinal, attempt, fraction, note } = report;
        let event = byTask.get(taskId);
        if (event === undefined)
          byTask.set(taskId, (event = { type: 'progress', taskId, ownerId, progress: [] }));
        event.progress.push({ ordinal, attempt, fraction, ...(note !== undefined && { note }) });
      }
      if (byTask.size > 0) await broadcast.publishMany([...byTask.values()]);
    },
    deleted: async (task) => {
      onTold();
      await broadcast.publish({ type: 'deleted', taskId: task.id, ownerId: task.owner_id });
    },
  };
};

const subtaskEvents = (taskId: string, ownerId: string, changes: readonly SubtaskChange[]): TaskEvent[] =>
  Array.from({ length: Math.ceil(changes.length / changesPerEvent) }, (_, i) => ({
    type: 'subtasks',
    taskId,
    ownerId,
    changes: changes.slice(i * changesPerEvent, (i + 1) * changesPerEvent),
  }));
