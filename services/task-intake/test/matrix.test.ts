import { DomainError } from '@backend2/contracts';
import test from 'ava';
import { axesOf } from '../src/domain/axes.ts';
import { sliceOf } from '../src/domain/matrix.ts';

const variables = [
  { name: 'model', values: ['m', 'n'] },
  { name: 'style', values: ['s', 't', 'u'] },
  { name: 'w', values: [1, 2], zip: 'size' },
  { name: 'h', values: [3, 4], zip: 'size' },
];
const task = { variables, axes: axesOf(variables, 2) };

test('without a choice the first axis runs down and the last across', (t) => {
  const slice = sliceOf(task, { fixed: {} });
  t.is(slice.y?.name, 'model');
  t.deepEqual(slice.x, { name: 'batch', values: [0, 1] });
  t.deepEqual(slice.fixed, { style: 0, size: 0 });
});

test('any two axes can be chosen and the others held; zipped variables are headed by their tuples', (t) => {
  const slice = sliceOf(task, { x: 'w', y: 'style', fixed: { model: 1, batch: 1 } });
  t.deepEqual(slice.x, {
    name: 'size',
    values: [
      [1, 3],
      [2, 4],
    ],
  });
  t.deepEqual(slice.ordinals, [
    [13, 15],
    [17, 19],
    [21, 23],
  ]);
});

test('unknown axes and indexes out of range are refused together', (t) => {
  const error = t.throws(() => sliceOf(task, { x: 'colour', fixed: { style: 3, nothing: 0 } }), {
    instanceOf: DomainError,
  });
  t.deepEqual(
    error?.details.issues?.map(({ path }) => path),
    ['?x', '?style', '?nothing'],
  );
});

test('a task without variables is one cell', (t) => {
  t.deepEqual(sliceOf({ variables: [], axes: [] }, { fixed: {} }), {
    x: null,
    y: null,
    fixed: {},
    ordinals: [[0]],
  });
});
