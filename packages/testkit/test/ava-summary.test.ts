import test from 'ava';
import { avaSummary, countsLine } from '../src/ava-summary.ts';

test('the counts of a run are read through colours', (t) => {
  const output =
    '  \u001b[32m✔ it works\u001b[39m\n  ─\n\n  \u001b[32m5 tests passed\u001b[39m\n  1 test skipped\n';
  t.deepEqual(avaSummary(output, 0), { passed: 5, failed: 0, skipped: 1 });
});

test('failed tests and uncaught exceptions both count', (t) => {
  t.is(avaSummary('  2 tests failed\n  1 uncaught exception\n', 1).failed, 3);
});

test('of a run with failures what passed is counted too', (t) => {
  const output = '  ✔ one (2s)\n  \u001b[31m✘ [fail]: two\u001b[39m\n  ✔ three\n  ─\n\n  1 test failed\n';
  t.deepEqual(avaSummary(output, 1), { passed: 2, failed: 1, skipped: 0 });
});

test('a run without a summary is a failure', (t) => {
  t.is(countsLine(avaSummary('', 0)), '0 passed, 1 failed, 0 skipped');
});

test('a run that ended badly is a failure although all its tests passed', (t) => {
  t.is(avaSummary('  5 tests passed\n', 1).failed, 1);
});
