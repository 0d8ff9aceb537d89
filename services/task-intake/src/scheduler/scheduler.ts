import { DomainError, taskSubmissionSchema, type ScheduleRun } from '@backend2/contracts';
import { metricNames, type Log, type Metrics, type Service } from '@backend2/service-kit';
import type { Sequelize, Transaction } from 'sequelize';
import { v7 as uuidv7 } from 'uuid';
import { changeSchedule, lockDueSchedule, type DueSchedule } from '../adapters/postgres-schedule-store.ts';
import type { QuotaStore } from '../adapters/postgres-quota-store.ts';
import { submitTask } from '../adapters/submit-task.ts';
import type { TaskRow } from '../adapters/task-rows.ts';
import { backgroundLoop } from '../background-loop.ts';
import { acceptSubmission, type SubmissionLimits } from '../domain/accept-submission.ts';
import { cronTimes } from '../domain/cron-times.ts';
import { dueRuns } from '../domain/due-runs.ts';

export interface SchedulerOptions {
  readonly primary: Sequelize;
  readonly quotas: QuotaStore;
  readonly limits: (lane: TaskRow['lane']) => SubmissionLimits;
  /** A task was stored and committed. */
  readonly onSubmitted: (task: TaskRow) => void;
  /** An error that is no refusal. */
  readonly onUnexpected: (error: unknown) => void;
  readonly log: Log;
  readonly metrics: Metrics;
}

export interface Scheduler extends Service {
  idleMs(): number;
}

const tickMs = 1000;
/** A schedule that failed for a reason of ours is left alone for so long, so that it holds up no other. */
const failedPauseMs = 10_000;

/**
 * Submits the tasks of schedules that are due. Every instance looks; Postgres decides whose a due schedule is, and moves
 * its next time on in the very transaction that stores its tasks, so that a run is neither lost nor made twice.
 */
export const scheduler = (options: SchedulerOptions): Scheduler => {
  const { primary, quotas, limits, onSubmitted, onUnexpected, log, metrics } = options;
  const runs = metrics.counter(metricNames.scheduleRuns, 'Runs of schedules', ['outcome']);
  for (const outcome of ['submitted', 'refused'] as const) runs.inc({ outcome }, 0);
  const failedUntil = new Map<string, number>();

  const submit = async (
    transaction: Transaction,
    due: DueSchedule,
    dueAt: Date,
  ): Promise<{ run: ScheduleRun; task?: TaskRow }> => {
    const base = { dueAt: dueAt.toISOString(), at: due.now.toISOString() };
    try {
      if (due.ownerGone) throw new DomainError('denied', 'owner_gone', 'The owner may not sign in any more.');
      const submission = taskSubmissionSchema.parse(due.task);
      const accepted = acceptSubmission(submission, limits(submission.lane));
      // A savepoint: what a refusal leaves behind goes, and the schedule moves on all the same.
      const task = await primary.transaction({ transaction }, (inner) =>
        submitTask(primary, inner, quotas, { id: uuidv7(), ownerId: due.ownerId, accepted }),
      );
      if (task === undefined) throw new Error('A new id was taken.');
      return { run: { ...base, outcome: 'submitted', taskId: task.id, error: null }, task };
    } catch (error) {
      if (!(error instanceof DomainError)) throw error;
      const { code, message } = error;
      return { run: { ...base, outcome: 'refused', taskId: null, error: { code, message } } };
    }
  };

  /** Answers whether there was one. */
  const fireNext = async (): Promise<boolean> => {
    let which: string | undefined;
    try {
      const fired = await primary.transaction(async (transaction) => {
        const due = await lockDueSchedule(primary, transaction, coolingDown(failedUntil));
        if (due === undefined) return undefined;
        which = due.id;
        const times = cronTimes(due.cron, due.timeZone);
        const { run, next } = dueRuns(times, due.nextRunAt, due.now, due.missedRuns);
        const made = [];
        for (const dueAt of run) made.push(await submit(transaction, due, dueAt));
        const last = made.at(-1)?.run;
        await changeSchedule(
          primary,
          transaction,
          due.id,
          { nextRunAt: next, ...(last && { lastRun: last }) },
          false,
        );
        return made;
      });
      if (fired === undefined) return false;
      for (const { run, task } of fired) {
        runs.inc({ outcome: run.outcome });
        const { outcome, taskId, dueAt, error } = run;
        log.info({ scheduleId: which, taskId, dueAt, outcome, code: error?.code }, 'schedule ran');
        if (task) onSubmitted(task);
      }
      return true;
    } catch (error) {
      if (which === undefined) throw error;
      failedUntil.set(which, performance.now() + failedPauseMs);
      log.warn({ err: error, scheduleId: which }, 'a schedule could not run; it is tried again');
      onUnexpected(error);
      return true;
    }
  };

  const run = async (signal: AbortSignal): Promise<void> => {
    while (!signal.aborted) {
      loop.turned();
      try {
        if (await fireNext()) continue;
      } catch (error) {
        log.warn({ err: error }, 'schedules cannot be looked at; they are again in a moment');
      }
      await loop.sleep(tickMs);
    }
  };

  const loop = backgroundLoop('scheduler', run);
  return loop;
};

const coolingDown = (failedUntil: Map<string, number>): string[] => {
  for (const [id, until] of failedUntil) if (until <= performance.now()) failedUntil.delete(id);
  return [...failedUntil.keys()];
};
