import { DomainError, maxMissedRuns } from '@backend2/contracts';
import test from 'ava';
import fc from 'fast-check';
import { checkedCronTimes, cronTimes } from '../src/domain/cron-times.ts';
import { dueRuns } from '../src/domain/due-runs.ts';

const at = (iso: string): Date => new Date(iso);
const isos = (dates: readonly Date[]): string[] => dates.map((date) => date.toISOString());
const pathsOf = (expression: string, timeZone: string): string[] => {
  try {
    checkedCronTimes(expression, timeZone);
    return [];
  } catch (error) {
    if (error instanceof DomainError) return (error.details.issues ?? []).map(({ path }) => path);
    throw error;
  }
};

test('an expression keeps to the clock of its time zone, over both changes of summer time', (t) => {
  const daily = cronTimes('30 2 * * *', 'Europe/Berlin');
  t.deepEqual(isos(daily.next(at('2026-03-28T00:00:00Z'), 3)), [
    '2026-03-28T01:30:00.000Z',
    '2026-03-29T01:00:00.000Z',
    '2026-03-30T00:30:00.000Z',
  ]);
  t.deepEqual(isos(daily.next(at('2026-10-24T12:00:00Z'), 2)), [
    '2026-10-25T00:30:00.000Z',
    '2026-10-26T01:30:00.000Z',
  ]);
});

test('what is no expression, no time zone or no time that comes is refused by name', (t) => {
  t.deepEqual(pathsOf('0 6 * * 1-5', 'America/New_York'), []);
  t.deepEqual(pathsOf('@daily', 'UTC'), []);
  t.deepEqual(pathsOf('61 * * * *', 'UTC'), ['/cron']);
  t.deepEqual(pathsOf('* * * * * *', 'UTC'), ['/cron']);
  t.deepEqual(pathsOf('0 0 30 2 *', 'UTC'), ['/cron']);
  t.deepEqual(pathsOf('every day', 'Mars/Base'), ['/timeZone', '/cron']);
});

test('runs missed while nothing could run them are skipped, made up for by one, or each up to a bound', (t) => {
  const hourly = cronTimes('0 * * * *', 'UTC');
  const from = at('2026-05-01T00:00:00Z');
  const now = at('2026-05-03T10:30:00Z');
  const next = at('2026-05-03T11:00:00Z');
  t.deepEqual(dueRuns(hourly, from, now, 'skip'), { run: [], next });
  t.deepEqual(dueRuns(hourly, from, now, 'once'), { run: [at('2026-05-03T10:00:00Z')], next });
  const all = dueRuns(hourly, from, now, 'all');
  t.is(all.run.length, maxMissedRuns);
  t.deepEqual(isos(all.run.slice(0, 1)), ['2026-05-03T01:00:00.000Z']);
  t.deepEqual(isos(all.run.slice(-1)), ['2026-05-03T10:00:00.000Z']);
});

test('a run that is only a little late is never missed, and its next one is after now', (t) => {
  const policy = fc.constantFrom('skip', 'once', 'all');
  t.notThrows(() =>
    fc.assert(
      fc.property(fc.nat({ max: 10_000 }), fc.nat({ max: 59_000 }), policy, (minutes, lateMs, missedRuns) => {
        const due = new Date(Date.UTC(2026, 0, 1) + minutes * 300_000);
        const now = new Date(due.getTime() + lateMs);
        const { run, next } = dueRuns(cronTimes('*/5 * * * *', 'Asia/Kathmandu'), due, now, missedRuns);
        return (
          run.length === 1 && run[0]?.getTime() === due.getTime() && (next?.getTime() ?? 0) > now.getTime()
        );
      }),
    ),
  );
});
