import type { Migration } from './migration.ts';
import { users } from './0001-users.ts';
import { tasks } from './0002-tasks.ts';
import { apiKeys } from './0003-api-keys.ts';
import { taskTrace } from './0050-task-trace.ts';
import { lanes } from './0060-lanes.ts';
import { quotas } from './0061-quotas.ts';
import { schedules } from './0062-schedules.ts';
import { dispatchByPriority } from './0063-dispatch-by-priority.ts';
import { taskSearch } from './0065-task-search.ts';
import { auditLog } from './0070-audit-log.ts';
import { webhooks } from './0075-webhooks.ts';
import { roomForStates } from './0080-room-for-states.ts';
import { subtasksOfTasks } from './0081-subtasks-of-tasks.ts';
import { stopOrders } from './0082-stop-orders.ts';
import { webhookTests } from './0083-webhook-tests.ts';

/** In the order they are applied. */
export const migrations: readonly Migration[] = [
  users,
  tasks,
  apiKeys,
  taskTrace,
  lanes,
  quotas,
  schedules,
  dispatchByPriority,
  taskSearch,
  auditLog,
  webhooks,
  roomForStates,
  subtasksOfTasks,
  stopOrders,
  webhookTests,
];
