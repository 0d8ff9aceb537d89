import type { Principal, RpcHandlerGroup, SubtaskChange, TaskIntakeRpc } from '@backend2/contracts';
import type { Sequelize } from 'sequelize';
import { v7 as uuidv7 } from 'uuid';
import {
  cancelTask,
  deleteTask,
  pauseTask,
  rateSubtask,
  resumeTask,
  retryTask,
  type Controlled,
} from '../adapters/postgres-control-store.ts';
import { findTask } from '../adapters/postgres-task-store.ts';
import type { TaskResults } from '../adapters/redis-task-results.ts';
import type { QuotaStore } from '../adapters/postgres-quota-store.ts';
import { submitTask } from '../adapters/submit-task.ts';
import { subtaskViewOf, taskDetailOf, taskViewOf, type TaskRow } from '../adapters/task-rows.ts';
import { acceptSubmission, type SubmissionLimits } from '../domain/accept-submission.ts';
import type { ChangeTeller } from '../events/change-teller.ts';
import type { ReadYourWrites } from './read-your-writes.ts';
import { findOwnSubtask, readingHandlers } from './reading-handlers.ts';

export interface TaskIntakeDependencies {
  readonly primary: Sequelize;
  readonly reads: ReadYourWrites;
  readonly results: TaskResults;
  readonly tell: ChangeTeller['tell'];
  readonly quotas: QuotaStore;
  readonly limits: (lane: TaskRow['lane']) => SubmissionLimits;
  /** Seconds that so many subtasks of a kind take on a lane as it is now; null while unknown. */
  readonly estimateSeconds: (lane: TaskRow['lane'], kind: string, subtasks: number) => number | null;
  /** A task was stored and committed. */
  readonly onSubmitted: (task: TaskRow) => void;
  /** There may be runs that workers are to be told to stop. */
  readonly wakeStopTeller: () => void;
  readonly wakeDispatcher: (lane: TaskRow['lane']) => void;
  readonly apiPrefix: string;
}

type TaskHandlers = RpcHandlerGroup<TaskIntakeRpc, 'tasks' | 'subtasks' | 'artifacts'>;

/** What task-intake answers of tasks: parse is done, ownership is the stores', each handler a use case. */
export const taskIntakeHandlers = (dependencies: TaskIntakeDependencies): TaskHandlers => {
  const {
    primary,
    reads,
    results,
    tell,
    quotas,
    limits,
    estimateSeconds,
    onSubmitted,
    wakeStopTeller,
    wakeDispatcher,
    apiPrefix,
  } = dependencies;

  /** After a change by hand: remember it for the writer's reads, tell the browsers. */
  const changed = async (
    principal: Principal,
    { task, moved }: Controlled,
    state: SubtaskChange['state'],
  ) => {
    await reads.wrote(principal, task.id);
    const ordinals = moved.flatMap((each) => each.ordinals);
    tell((events) => events.moved(task, ordinals, state));
    return taskViewOf(task);
  };

  return {
    ...readingHandlers({ reads, results, apiPrefix }),
    'tasks.create': async ({ principal, submission, taskId = uuidv7() }) => {
      const accepted = acceptSubmission(submission, limits(submission.lane));
      const made = await primary.transaction((transaction) =>
        submitTask(primary, transaction, quotas, { id: taskId, ownerId: principal.userId, accepted }),
      );
      const task = made ?? (await findTask(primary, principal, taskId));
      await reads.wrote(principal, task.id);
      onSubmitted(task);
      return taskDetailOf(task);
    },
    'tasks.estimate': async ({ submission }) => {
      const { axes, total } = acceptSubmission(submission, limits(submission.lane));
      return { subtasks: total, axes, seconds: estimateSeconds(submission.lane, submission.kind, total) };
    },
    'tasks.cancel': async ({ principal, taskId }) => {
      const cancelled = await cancelTask(primary, principal, taskId);
      wakeStopTeller();
      return changed(principal, cancelled, 'cancelled');
    },
    'tasks.pause': async ({ principal, taskId }) =>
      changed(principal, await pauseTask(primary, principal, taskId), 'pending'),
    'tasks.resume': async ({ principal, taskId }) => {
      const resumed = await resumeTask(primary, principal, taskId);
      wakeDispatcher(resumed.task.lane);
      return changed(principal, resumed, 'pending');
    },
    'tasks.retry': async ({ principal, taskId }) => {
      const retried = await retryTask(primary, principal, { taskId }, quotas, results.forget);
      wakeDispatcher(retried.task.lane);
      return changed(principal, retried, 'pending');
    },
    'tasks.delete': async ({ principal, taskId }) => {
      const deleted = await deleteTask(primary, principal, taskId, results.forget);
      wakeStopTeller();
      await reads.wrote(principal, taskId);
      tell((events) => events.deleted(deleted.task));
      return {};
    },
    'subtasks.update': async ({ principal, taskId, ordinal, patch }) => {
      await rateSubtask(primary, principal, taskId, ordinal, patch);
      await reads.wrote(principal, taskId);
      const { task, subtask } = await findOwnSubtask(primary, principal, taskId, ordinal);
      const view = subtaskViewOf(subtask, task, apiPrefix);
      const { state, attempt, error, artifacts, rating } = view;
      const changes = [{ ordinal, state, attempt, error, artifacts, rating }];
      tell((events) => events.publish([], new Map([[taskId, { ownerId: task.owner_id, changes }]])));
      return view;
    },
    'subtasks.retry': async ({ principal, taskId, ordinal }) => {
      const retried = await retryTask(primary, principal, { taskId, ordinal }, quotas, results.forget);
      wakeDispatcher(retried.task.lane);
      await changed(principal, retried, 'pending');
      const { task, subtask } = await findOwnSubtask(primary, principal, taskId, ordinal);
      return subtaskViewOf(subtask, task, apiPrefix);
    },
  };
};
