import type { SubtaskCounts, SubtaskState, TaskState } from '@backend2/contracts';

/**
 * Where a subtask may go. The database holds the same table as a trigger (migration `0002-tasks`), and a
 * test compares the two. `queued` leads straight to an end where the start and the end of a short run
 * are recorded together.
 */
export const subtaskTransitions: Readonly<Record<SubtaskState, readonly SubtaskState[]>> = {
  pending: ['queued', 'cancelled'],
  queued: ['running', 'succeeded', 'failed', 'cancelled'],
  running: ['queued', 'succeeded', 'failed', 'cancelled'],
  succeeded: [],
  failed: ['pending'],
  cancelled: ['pending'],
};

/** Where a task may go. A final state is left only by retrying what failed or was cancelled. */
export const taskTransitions: Readonly<Record<TaskState, readonly TaskState[]>> = {
  pending: ['running', 'paused', 'succeeded', 'partially_failed', 'failed', 'cancelled'],
  running: ['paused', 'succeeded', 'partially_failed', 'failed', 'cancelled'],
  paused: ['pending', 'running', 'succeeded', 'partially_failed', 'failed', 'cancelled'],
  succeeded: [],
  partially_failed: ['pending', 'running'],
  failed: ['pending', 'running'],
  cancelled: ['pending', 'running'],
};

/** The state that a task's counts make of it; `paused` holds while anything is left to do. */
export const taskStateOf = (counts: SubtaskCounts, before: TaskState): TaskState => {
  const left = counts.pending + counts.queued + counts.running;
  if (left > 0) {
    if (before === 'paused') return 'paused';
    return counts.running + counts.succeeded + counts.failed > 0 || before === 'running'
      ? 'running'
      : 'pending';
  }
  if (before === 'cancelled') return 'cancelled';
  if (counts.failed === 0 && counts.cancelled === 0) return 'succeeded';
  if (counts.failed === 0 && counts.succeeded === 0) return 'cancelled';
  return counts.succeeded === 0 ? 'failed' : 'partially_failed';
};
