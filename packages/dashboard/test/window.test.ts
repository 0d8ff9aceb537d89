import test from 'ava';
import { layOutCells } from '../src/matrix/cell-layout.ts';
import { moveByKey } from '../src/matrix/move.ts';
import { thumbnailUrl, thumbnailWidth } from '../src/matrix/thumbnail.ts';
import { offsetToReveal, visibleSpan } from '../src/matrix/window.ts';

test('everything in view is within the span, and little more', (t) => {
  for (let offset = 0; offset <= 10_000 - 730; offset += 37) {
    const { from, to } = visibleSpan(offset, 730, 100, 100, 2);
    t.true(from * 100 <= offset && to * 100 >= Math.min(offset + 730, 10_000));
    t.true(to - from <= 9 + 4);
  }
});

test('a span never leaves the items, however far one overscrolls', (t) => {
  t.deepEqual(visibleSpan(-500, 300, 100, 10, 2), { from: 0, to: 5 });
  t.deepEqual(visibleSpan(5000, 300, 100, 10, 2), { from: 10, to: 10 });
  t.deepEqual(visibleSpan(0, 300, 100, 0, 2), { from: 0, to: 0 });
});

test('an item comes into view by the shortest way and one in view stays', (t) => {
  t.is(offsetToReveal(500, 300, 100, 6), 500);
  t.is(offsetToReveal(500, 300, 100, 2), 200);
  t.is(offsetToReveal(500, 300, 100, 9), 700);
  t.is(offsetToReveal(0, 80, 100, 3), 300, 'one larger than the view shows its start');
});

test('cells that fit their columns leave nothing over, and stay within bounds', (t) => {
  const wide = layOutCells(null, 2, 8, 1000);
  t.true(wide.pitchX * 8 <= 1001 && wide.pitchX * 8 > 980);
  t.is(wide.height, Math.round(wide.width / 2));
  const tall = layOutCells(null, 0.5, 8, 1000);
  t.true(tall.pitchX * 8 <= 1008);
  t.true(layOutCells(null, 1, 100, 1000).width >= 72);
  t.true(layOutCells(null, 1, 1, 4000).width <= 240);
});

test('keys move within the grid and stop at its edges', (t) => {
  const grid = { columns: 4, rows: 10, pageRows: 3 };
  const from = { column: 1, row: 1 };
  t.deepEqual(moveByKey(from, 'ArrowRight', false, grid), { column: 2, row: 1 });
  t.deepEqual(moveByKey({ column: 0, row: 0 }, 'ArrowUp', false, grid), { column: 0, row: 0 });
  t.deepEqual(moveByKey(from, 'PageDown', false, grid), { column: 1, row: 4 });
  t.deepEqual(moveByKey(from, 'End', true, grid), { column: 3, row: 9 });
  t.deepEqual(moveByKey(from, 'Home', false, grid), { column: 0, row: 1 });
  t.is(moveByKey(from, 'g', false, grid), null);
});

test('a thumbnail is the smallest that is sharp and keeps the address as it is', (t) => {
  t.is(thumbnailWidth(65), 128);
  t.is(thumbnailWidth(5000), 1024);
  t.is(thumbnailUrl('/a/1?sig=x', 200), '/a/1?sig=x&w=256');
  t.is(thumbnailUrl('/a/1', 64), '/a/1?w=64');
});
