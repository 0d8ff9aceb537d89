import type { Sequelize, Transaction } from 'sequelize';
import type { AcceptedSubmission } from '../domain/accept-submission.ts';
import { ofWork, type QuotaStore } from './postgres-quota-store.ts';
import { insertSubtasks, insertTask } from './postgres-task-store.ts';
import type { TaskRow } from './task-rows.ts';

export interface NewTask {
  readonly id: string;
  readonly ownerId: string;
  readonly accepted: AcceptedSubmission;
}

/**
 * Stores a task with its subtasks, within what its owner may have. The owner's other submissions wait only for the last
 * step of this one, however large it is. Undefined where a task with this id is there already.
 *
 * @throws DomainError `quota_exceeded`; the transaction is then to be rolled back.
 */
export const submitTask = async (
  database: Sequelize,
  transaction: Transaction,
  quotas: QuotaStore,
  { id, ownerId, accepted }: NewTask,
): Promise<TaskRow | undefined> => {
  const task = await insertTask(database, transaction, id, ownerId, accepted);
  if (task === undefined) return undefined;
  await quotas.check(transaction, ownerId, ofWork, false);
  await insertSubtasks(database, transaction, task);
  await quotas.check(transaction, ownerId, ofWork, true);
  return task;
};
