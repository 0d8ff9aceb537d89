import type { TaskOutcome } from '@backend2/contracts';
import test from 'ava';
import fc from 'fast-check';
import { mergeResults } from '../src/domain/merge-results.ts';

const taskId = '0192f0c1-0000-7000-8000-000000000001';
const base = { taskId, ordinal: 0, run: 1 };
const history: TaskOutcome[] = [
  { type: 'started', ...base, attempt: 1, at: 1, worker: 'w' },
  { type: 'retrying', ...base, attempt: 1, at: 2, error: { code: 'busy', message: 'busy' } },
  { type: 'started', ...base, attempt: 2, at: 3, worker: 'w' },
  { type: 'succeeded', ...base, attempt: 2, at: 9, result: 1, artifacts: [], durationMs: 6 },
];

test('the order and the number of times that results arrive make no difference', (t) => {
  const expected = mergeResults(history);
  fc.assert(
    fc.property(
      fc.shuffledSubarray([...history, ...history], { minLength: history.length * 2 }),
      (shuffled) => JSON.stringify(mergeResults(shuffled)) === JSON.stringify(expected),
    ),
  );
  t.is(expected.length, 1);
  t.is(expected[0]?.state, 'succeeded');
  t.is(expected[0]?.startedAt, 3);
});

test('within an attempt its failure outweighs its start, and a later start both', (t) => {
  t.is(mergeResults([history[1] as TaskOutcome, history[0] as TaskOutcome])[0]?.state, 'queued');
  t.is(mergeResults([history[2] as TaskOutcome, history[1] as TaskOutcome])[0]?.state, 'running');
});

test('runs of one subtask are kept apart', (t) => {
  const again = { ...(history[3] as TaskOutcome), run: 2 };
  t.is(mergeResults([...history, again]).length, 2);
});
