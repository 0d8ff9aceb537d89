import test from 'ava';
import { soonest } from '../src/soonest.ts';

const answers = (...times: readonly number[]) => {
  const left = [...times];
  return { left, attempt: () => Promise.resolve(left.shift() ?? 0) };
};

test('one try that is quick enough is enough', async (t) => {
  const { left, attempt } = answers(3000, 400, 100);
  t.is(await soonest(1000, attempt), 400);
  t.deepEqual(left, [100]);
});

test('what is late each time answers its best after five tries', async (t) => {
  const { left, attempt } = answers(5000, 3000, 4000, 3500, 6000, 1);
  t.is(await soonest(1000, attempt), 3000);
  t.deepEqual(left, [1]);
});
