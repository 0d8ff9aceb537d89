import { validationFailed, type Issue } from '@backend2/contracts';
import { Cron } from 'croner';

/** The times of a cron expression by the clock of a time zone. */
export interface CronTimes {
  /** After it, in rising order; fewer than asked for where the expression has no more. */
  next(after: Date, count: number): Date[];
  /** Before it and excluding it, the latest first. */
  previous(before: Date, count: number): Date[];
}

const isTimeZone = (name: string): boolean => {
  try {
    return Intl.DateTimeFormat('en', { timeZone: name }).format() !== '';
  } catch {
    return false;
  }
};

/** Where a change to summer time leaves a time out, the run comes an hour later by the clock; where one comes twice, once. */
export const cronTimes = (expression: string, timeZone: string): CronTimes => {
  const cron = new Cron(expression, { paused: true, mode: '5-part', timezone: timeZone });
  return {
    next: (after, count) => cron.nextRuns(count, after),
    previous: (before, count) => cron.previousRuns(count, before),
  };
};

/** @throws DomainError `validation_failed`, for an expression without times too. */
export const checkedCronTimes = (expression: string, timeZone: string): CronTimes => {
  const issues: Issue[] = [];
  if (!isTimeZone(timeZone))
    issues.push({
      path: '/timeZone',
      message: `"${timeZone}" is no IANA time zone; write one such as Europe/Berlin`,
    });
  try {
    const times = cronTimes(expression, 'UTC');
    if (times.next(new Date(), 1).length === 0)
      issues.push({ path: '/cron', message: `"${expression}" names a time that never comes` });
  } catch (error) {
    if (!(error instanceof Error)) throw error;
    const why = error.message.replace(/^CronPattern: /, '');
    issues.push({ path: '/cron', message: `is not an expression of five fields: ${why}` });
  }
  if (issues.length > 0) throw validationFailed(issues);
  return cronTimes(expression, timeZone);
};
