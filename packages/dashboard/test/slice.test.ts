import test from 'ava';
import type { Axis } from '@backend2/contracts';
import { headingsOf, indexesOf, stridesOf } from '../src/matrix/axes.ts';
import { sliceOf } from '../src/matrix/slice.ts';
import { emptyTaskView } from '../src/state/task-view.ts';

const axis = (name: string, length: number): Axis => ({ name, variables: [name], length });
const axes = [axis('subject', 2), axis('style', 3), axis('seed', 4)];

test('ordinals run row-major with the last axis fastest', (t) => {
  t.deepEqual(stridesOf(axes), [12, 4, 1]);
  t.deepEqual(indexesOf(axes, 17), { subject: 1, style: 1, seed: 1 });
});

test('a slice and its cells agree on every ordinal of the task', (t) => {
  const seen = new Set<number>();
  for (let seed = 0; seed < 4; seed += 1) {
    const slice = sliceOf(axes, { ...emptyTaskView, fixed: { seed } });
    for (let row = 0; row < slice.rows; row += 1) {
      for (let column = 0; column < slice.columns; column += 1) {
        const ordinal = slice.ordinalAt(column, row);
        seen.add(ordinal);
        t.deepEqual(slice.positionOf(ordinal), { column, row });
        t.is(indexesOf(axes, ordinal)['seed'], seed);
      }
    }
  }
  t.is(seen.size, 24);
});

test('a cell of another slice, or of no slice, has no position', (t) => {
  const slice = sliceOf(axes, { ...emptyTaskView, fixed: { seed: 2 } });
  t.is(slice.positionOf(0), null);
  t.is(slice.positionOf(24), null);
});

test('rows take the slowest axis and columns the next unless the view names others', (t) => {
  const byDefault = sliceOf(axes, emptyTaskView);
  t.deepEqual([byDefault.y?.name, byDefault.x?.name], ['subject', 'style']);
  const named = sliceOf(axes, { ...emptyTaskView, x: 'subject' });
  t.deepEqual([named.y?.name, named.x?.name], ['style', 'subject']);
  const twice = sliceOf(axes, { ...emptyTaskView, x: 'seed', y: 'seed' });
  t.deepEqual([twice.y?.name, twice.x?.name], ['subject', 'seed']);
});

test('a task of one axis is one row, a task of none one cell', (t) => {
  const row = sliceOf([axis('seed', 5)], emptyTaskView);
  t.deepEqual([row.columns, row.rows, row.y], [5, 1, null]);
  const cell = sliceOf([], emptyTaskView);
  t.deepEqual([cell.columns, cell.rows, cell.ordinalAt(0, 0)], [1, 1, 0]);
});

test('an index beyond the axis stands at its end', (t) => {
  const slice = sliceOf(axes, { ...emptyTaskView, fixed: { seed: 99 } });
  t.is(slice.fixed[0]?.index, 3);
});

test('headings are the values, zipped values joined, and numbers for copies', (t) => {
  const task = {
    variables: [
      { name: 'model', values: ['a', 'b'], zip: 'pair' },
      { name: 'steps', values: [10, 20], zip: 'pair' },
    ],
  };
  t.deepEqual(headingsOf(task, { name: 'pair', variables: ['model', 'steps'], length: 2 }), [
    'a · 10',
    'b · 20',
  ]);
  t.deepEqual(headingsOf(task, { name: 'batch', variables: [], length: 2 }), ['#1', '#2']);
});
