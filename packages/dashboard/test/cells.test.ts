import test from 'ava';
import type { MatrixCell, SubtaskChange } from '@backend2/contracts';
import { matches } from '../src/matrix/cell-filter.ts';
import { Cells } from '../src/state/cells.ts';

const cell = (ordinal: number, state: MatrixCell['state']): MatrixCell => ({
  ordinal,
  state,
  attempt: 0,
  rating: 'unrated',
  result: null,
  error: null,
  artifacts: [],
});
const change = (ordinal: number, state: MatrixCell['state']): SubtaskChange => ({
  ordinal,
  state,
  attempt: 1,
  error: null,
  artifacts: [],
});

test('a change heard before the snapshot came outlives a snapshot that is behind', (t) => {
  const cells = new Cells();
  cells.hear([change(1, 'succeeded')]);
  cells.load({ cells: [[cell(0, 'queued'), cell(1, 'running')]] });
  t.is(cells.get(0)?.state, 'queued');
  t.is(cells.get(1)?.state, 'succeeded');
});

test('after a break in the stream the next snapshot decides', (t) => {
  const cells = new Cells();
  cells.hear([change(1, 'running')]);
  cells.forgetHeard();
  cells.load({ cells: [[cell(1, 'succeeded')]] });
  t.is(cells.get(1)?.state, 'succeeded');
});

test('how far a cell is, is shown while that attempt of it runs, and no longer', (t) => {
  const cells = new Cells();
  cells.load({ cells: [[cell(0, 'queued'), cell(1, 'queued')]] });
  const half = (ordinal: number, attempt = 1) => ({ ordinal, attempt, fraction: 0.5, note: 'half way' });
  cells.hear([change(1, 'running')]);
  cells.hearProgress([half(0), half(1, 2)]);
  t.is(cells.get(0)?.progress, undefined);
  t.is(cells.get(1)?.progress, undefined);
  cells.hearProgress([half(1)]);
  t.deepEqual(cells.get(1)?.progress, { fraction: 0.5, note: 'half way' });
  cells.hear([change(1, 'succeeded')]);
  t.is(cells.get(1)?.progress, undefined);
});

test('a rating stays when an event does not carry one', (t) => {
  const cells = new Cells();
  cells.put({ ...cell(1, 'succeeded'), rating: 'good' });
  cells.hear([change(1, 'succeeded')]);
  t.is(cells.get(1)?.rating, 'good');
  cells.hear([{ ...change(1, 'succeeded'), rating: 'poor' }]);
  t.is(cells.get(1)?.rating, 'poor');
});

test('a retried cell loses the result and the error it had', (t) => {
  const cells = new Cells();
  cells.put({ ...cell(1, 'failed'), error: { code: 'x', message: 'y' } });
  cells.hear([change(1, 'queued')]);
  t.is(cells.get(1)?.error, null);
});

test('what an action answered is newer than what was heard before', (t) => {
  const cells = new Cells();
  cells.hear([change(1, 'failed')]);
  cells.put(cell(1, 'queued'));
  cells.load({ cells: [[cell(1, 'running')]] });
  t.is(cells.get(1)?.state, 'running');
});

test('a filter passes what it names, and nothing unknown', (t) => {
  const good = { ...cell(1, 'succeeded'), rating: 'good' as const };
  t.true(matches(good, { states: [], ratings: ['good'] }));
  t.false(matches(good, { states: ['failed'], ratings: ['good'] }));
  t.false(matches(undefined, { states: ['failed'], ratings: [] }));
  t.true(matches(undefined, { states: [], ratings: [] }));
});
