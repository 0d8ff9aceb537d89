import { DomainError, subtaskJobSchema, type RpcHandlers, type TaskIntakeRpc } from '@backend2/contracts';
import type { Redrive } from '@backend2/service-kit';

/** That there is nothing left to run again. */
const moot = ['nothing_to_retry', 'not_found'];

/**
 * A subtask whose entry died is failed in the books, so it begins as another run, as a retry by hand does: its old
 * entry put back would run and change nothing.
 */
export const redriveSubtask =
  (retry: RpcHandlers<TaskIntakeRpc>['subtasks.retry']): Redrive =>
  async ({ payload }, principal) => {
    const job = subtaskJobSchema.safeParse(payload);
    // What no release can read belongs to no subtask; the dispatcher begins anew what the books miss.
    if (!job.success) return false;
    const { taskId, ordinal } = job.data;
    try {
      await retry({ principal, taskId, ordinal }, { signal: new AbortController().signal });
      return true;
    } catch (error) {
      if (error instanceof DomainError && moot.includes(error.code)) return false;
      throw error;
    }
  };
