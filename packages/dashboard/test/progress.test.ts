import test from 'ava';
import type { RateSample } from '../src/state/progress.ts';
import { addSample, rateOf, secondsLeft } from '../src/state/progress.ts';
import { componentsOf } from '../src/state/components.ts';
import { formatDuration, formatRate } from '../src/ui/format.ts';

const sampled = (samples: readonly RateSample[]): RateSample[] =>
  samples.reduce<RateSample[]>((kept, sample) => addSample(kept, sample), []);

test('the rate is that of the last minute and forgets what came before', (t) => {
  const fastThenSlow = sampled([
    ...Array.from({ length: 60 }, (_, second) => ({ at: second * 1000, finished: second * 10 })),
    ...Array.from({ length: 120 }, (_, second) => ({ at: 60_000 + second * 1000, finished: 600 + second })),
  ]);
  t.true(Math.abs((rateOf(fastThenSlow, 179_000) ?? 0) - 1) < 0.05);
  t.true(fastThenSlow.length < 70);
});

test('the rate falls while nothing finishes and is unknown until something did', (t) => {
  const samples = sampled([
    { at: 0, finished: 0 },
    { at: 10_000, finished: 10 },
  ]);
  t.is(rateOf(samples, 10_000), 1);
  t.is(rateOf(samples, 20_000), 0.5);
  t.is(rateOf(samples.slice(0, 1), 20_000), null);
});

test('a retry, which takes counts back, starts the measure anew', (t) => {
  const samples = sampled([
    { at: 0, finished: 0 },
    { at: 1000, finished: 50 },
    { at: 2000, finished: 40 },
  ]);
  t.deepEqual(samples, [{ at: 2000, finished: 40 }]);
});

test('the time left counts all that has not ended', (t) => {
  const counts = { pending: 10, queued: 5, running: 5, succeeded: 80, failed: 1, cancelled: 1 };
  t.is(secondsLeft(counts, 2), 10);
  t.is(secondsLeft(counts, null), null);
});

test('durations and rates read in units that fit them', (t) => {
  t.deepEqual([0.42, 9.96, 59.4, 200, 3600, 90_000].map(formatDuration), [
    '420 ms',
    '10.0 s',
    '59 s',
    '3 min 20 s',
    '1 h',
    '1 d 1 h',
  ]);
  t.deepEqual([1234, 2.5, 0.5, 0.001].map(formatRate), ['1,234/s', '2.5/s', '30.0/min', '3.6/h']);
});

test('a component is as well as its worst check, and those in trouble come first', (t) => {
  const time = '2026-01-01T00:00:00Z';
  const components = componentsOf({
    checks: {
      'auth:heartbeat': [{ status: 'pass', time }],
      'redis:write': [{ status: 'pass', time }],
      'redis:memory': [
        { status: 'warn', time },
        { status: 'fail', time },
      ],
    },
  });
  t.deepEqual(
    components.map(({ name, status, observations }) => [name, status, observations.length]),
    [
      ['redis', 'fail', 3],
      ['auth', 'pass', 1],
    ],
  );
});
