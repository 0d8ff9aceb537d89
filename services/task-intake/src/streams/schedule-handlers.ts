import {
  DomainError,
  taskSubmissionSchema,
  validationFailed,
  type RpcHandlerGroup,
  type ScheduledTask,
  type SchedulePatch,
  type ScheduleView,
  type TaskIntakeRpc,
} from '@backend2/contracts';
import type { Log } from '@backend2/service-kit';
import type { Sequelize } from 'sequelize';
import { v7 as uuidv7 } from 'uuid';
import {
  changeSchedule,
  deleteSchedule,
  findSchedule,
  insertSchedule,
  listSchedules,
  type ScheduleChange,
  type ScheduleRow,
} from '../adapters/postgres-schedule-store.ts';
import type { QuotaStore } from '../adapters/postgres-quota-store.ts';
import { findTask } from '../adapters/postgres-task-store.ts';
import { submitTask } from '../adapters/submit-task.ts';
import { taskDetailOf, type TaskRow } from '../adapters/task-rows.ts';
import { acceptSubmission, type SubmissionLimits } from '../domain/accept-submission.ts';
import { checkedCronTimes, cronTimes } from '../domain/cron-times.ts';

export interface ScheduleHandlersDependencies {
  readonly primary: Sequelize;
  readonly quotas: QuotaStore;
  readonly limits: (lane: TaskRow['lane']) => SubmissionLimits;
  /** A task was stored and committed. */
  readonly onSubmitted: (task: TaskRow) => void;
  readonly log: Log;
}

/** Next runs that a view tells. */
const shownRuns = 5;

const viewOf = (row: ScheduleRow): ScheduleView => {
  const { id, ownerId, name, cron, timeZone, missedRuns, paused, task, nextRunAt, lastRun } = row;
  const next =
    paused || nextRunAt === null
      ? []
      : [nextRunAt, ...cronTimes(cron, timeZone).next(nextRunAt, shownRuns - 1)];
  return {
    id,
    ownerId,
    name,
    cron,
    timeZone,
    missedRuns,
    paused,
    task,
    nextRuns: next.map((at) => at.toISOString()),
    lastRun,
    createdAt: row.createdAt.toISOString(),
    updatedAt: row.updatedAt.toISOString(),
  };
};

/** What its task is refused for now is told now, at its place in the schedule. */
const checkTask = (task: ScheduledTask, limits: ScheduleHandlersDependencies['limits']): void => {
  try {
    acceptSubmission(taskSubmissionSchema.parse(task), limits(task.lane));
  } catch (error) {
    if (!(error instanceof DomainError) || error.details.issues === undefined) throw error;
    throw validationFailed(
      error.details.issues.map(({ path, message }) => ({ path: `/task${path}`, message })),
    );
  }
};

const nextOf = (cron: string, timeZone: string): Date | null =>
  checkedCronTimes(cron, timeZone).next(new Date(), 1)[0] ?? null;

/** A change of the times counts from now; what is due by the old ones is not made up for. */
const withNext = (row: ScheduleRow, patch: SchedulePatch): ScheduleChange =>
  patch.cron === undefined && patch.timeZone === undefined
    ? patch
    : { ...patch, nextRunAt: nextOf(patch.cron ?? row.cron, patch.timeZone ?? row.timeZone) };

export const scheduleHandlers = (
  dependencies: ScheduleHandlersDependencies,
): RpcHandlerGroup<TaskIntakeRpc, 'schedules'> => {
  const { primary, quotas, limits, onSubmitted, log } = dependencies;

  const change = (
    principal: Parameters<typeof findSchedule>[1],
    scheduleId: string,
    of: (row: ScheduleRow) => ScheduleChange,
  ): Promise<ScheduleView> =>
    primary.transaction(async (transaction) => {
      const row = await findSchedule(primary, principal, scheduleId, transaction);
      return viewOf(await changeSchedule(primary, transaction, scheduleId, of(row), true));
    });

  return {
    'schedules.list': async ({ principal, query }) => {
      const page = await listSchedules(primary, principal, query);
      return { ...page, items: page.items.map(viewOf) };
    },
    'schedules.create': async ({ principal, schedule, scheduleId = uuidv7() }) => {
      const nextRunAt = nextOf(schedule.cron, schedule.timeZone);
      checkTask(schedule.task, limits);
      const { userId } = principal;
      const made = await primary.transaction(async (transaction) => {
        const row = await insertSchedule(primary, transaction, {
          ...schedule,
          id: scheduleId,
          ownerId: userId,
          nextRunAt,
        });
        if (row) await quotas.check(transaction, userId, ['schedules'], true);
        return row;
      });
      if (made) log.info({ scheduleId, cron: made.cron, userId }, 'schedule made');
      return viewOf(made ?? (await findSchedule(primary, principal, scheduleId)));
    },
    'schedules.get': async ({ principal, scheduleId }) =>
      viewOf(await findSchedule(primary, principal, scheduleId)),
    'schedules.update': async ({ principal, scheduleId, patch }) => {
      if (patch.task) checkTask(patch.task, limits);
      return change(principal, scheduleId, (row) => withNext(row, patch));
    },
    'schedules.delete': async ({ principal, scheduleId }) => {
      await deleteSchedule(primary, principal, scheduleId);
      return {};
    },
    'schedules.pause': ({ principal, scheduleId }) => change(principal, scheduleId, () => ({ paused: true })),
    /** What came due while it was paused is not made up for. */
    'schedules.resume': ({ principal, scheduleId }) =>
      change(principal, scheduleId, (row) =>
        row.paused ? { paused: false, nextRunAt: nextOf(row.cron, row.timeZone) } : { paused: false },
      ),
    'schedules.run': async ({ principal, scheduleId, taskId = uuidv7() }) => {
      const made = await primary.transaction(async (transaction) => {
        const row = await findSchedule(primary, principal, scheduleId, transaction);
        const submission = taskSubmissionSchema.parse(row.task);
        const accepted = acceptSubmission(submission, limits(submission.lane));
        const task = await submitTask(primary, transaction, quotas, {
          id: taskId,
          ownerId: row.ownerId,
          accepted,
        });
        if (task === undefined) return undefined;
        const at = new Date().toISOString();
        const lastRun = { dueAt: null, at, outcome: 'submitted', taskId, error: null } as const;
        await changeSchedule(primary, transaction, scheduleId, { lastRun }, false);
        return task;
      });
      if (made) onSubmitted(made);
      return taskDetailOf(made ?? (await findTask(primary, principal, taskId)));
    },
  };
};
