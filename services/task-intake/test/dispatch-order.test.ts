import type { Axis } from '@backend2/contracts';
import test from 'ava';
import fc from 'fast-check';
import { cellsOf } from '../src/domain/axes.ts';
import { dispatchAxesOf, ordinalAt, placeOf } from '../src/domain/dispatch-order.ts';

const axis = (name: string, length: number, variables = [name]): Axis => ({ name, variables, length });
const axes = [axis('prompt', 2), axis('model', 2), axis('steps', 2), axis('batch', 2, [])];

test('the axis that fills a costly input is the outermost, the costliest first, whatever part of it is filled', (t) => {
  const uses = [
    { name: 'prompt', path: '/input/prompts/0/value' },
    { name: 'model', path: '/input/engineOptions/checkpoint' },
    { name: 'steps', path: '/input/engineOptions' },
  ];
  t.deepEqual(dispatchAxesOf(axes, uses, ['/engineOptions/checkpoint']), [1, 2, 0, 3]);
  t.deepEqual(dispatchAxesOf(axes, uses, ['/prompts', '/engineOptions/checkpoint/name']), null);
  t.deepEqual(dispatchAxesOf(axes, uses, ['/engineOptions/lora', '/engineOptions/checkpoint']), [2, 1, 0, 3]);
  t.is(dispatchAxesOf(axes, uses, []), null);
  t.is(dispatchAxesOf(axes, uses, ['/engineOptionsOfAnother']), null);
});

test('a zipped axis is costly when one of its variables is', (t) => {
  const zipped = [axis('prompt', 3), axis('setup', 2, ['model', 'steps'])];
  t.deepEqual(dispatchAxesOf(zipped, [{ name: 'model', path: '/input/model' }], ['/model']), [1, 0]);
});

test('every cell has one place in the order, and the costly axis changes as seldom as it can', (t) => {
  const shape = fc.array(fc.integer({ min: 1, max: 5 }), { minLength: 1, maxLength: 5 });
  t.notThrows(() =>
    fc.assert(
      fc.property(shape, fc.nat(), (lengths, seed) => {
        const all = lengths.map((length, i) => axis(`v${i}`, length));
        const costly = seed % lengths.length;
        const order = dispatchAxesOf(all, [{ name: `v${costly}`, path: '/input/m' }], ['/m']);
        const cells = cellsOf(all);
        const ordinals = Array.from({ length: cells }, (_, place) => ordinalAt(all, order, place));
        const stride = lengths.slice(costly + 1).reduce((product, length) => product * length, 1);
        const switches = ordinals.filter(
          (ordinal, i) =>
            i > 0 &&
            Math.floor(ordinal / stride) % (lengths[costly] as number) !==
              Math.floor((ordinals[i - 1] as number) / stride) % (lengths[costly] as number),
        );
        return (
          new Set(ordinals).size === cells &&
          ordinals.every((ordinal, place) => placeOf(all, order, ordinal) === place) &&
          switches.length === (lengths[costly] as number) - 1
        );
      }),
    ),
  );
});
