import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { until } from '@backend2/testkit';
import test from 'ava';
import { Slots } from '../src/slots.ts';

const never = 2 ** 30;

test('as many messages as there are slots may be settling beside those that run, and then reading stops', (t) => {
  const slots = new Slots(3);
  t.is(slots.take(10), 3);
  t.is(slots.take(1), 0, 'all run');
  for (let n = 0; n < 3; n++) slots.settle();
  t.is(slots.take(10), 3, 'what has run makes room while it is settled');
  slots.settle();
  t.is(slots.take(1), 0, 'a slow Redis is waited for');
  slots.settled(2);
  t.is(slots.take(10), 1);
  slots.settled(2);
  slots.give(3);
  t.is(slots.take(10), 3, 'none has leaked');
});

test('slots that are taken away are not granted, and a slot held beyond the number is no slot more', (t) => {
  const slots = new Slots(2);
  t.is(slots.take(2), 2);
  slots.force();
  slots.resize(1);
  slots.give(1);
  t.is(slots.take(1), 0, 'two are held and one is allowed');
  slots.give(1);
  t.is(slots.take(1), 0);
  slots.give(1);
  t.is(slots.take(2), 1);
});

for (const [what, free] of [
  ['given back', (slots: Slots) => slots.give(1)],
  ['settling', (slots: Slots) => slots.settle()],
  ['settled', (slots: Slots) => slots.settled(1)],
  ['added', (slots: Slots) => slots.resize(5)],
] as const) {
  test(`whoever waits for a slot is woken by one that is ${what}, in the order they came`, async (t) => {
    const slots = new Slots(1);
    slots.take(1);
    const woken: number[] = [];
    const waiting = [1, 2, 3].map(async (n) => {
      await slots.whenFree(never);
      woken.push(n);
    });
    free(slots);
    await until(() => woken.length > 0, { what: 'the waiting woken' });
    await Promise.all(waiting);
    t.deepEqual(woken, [1, 2, 3]);
  });
}

test('a wait that ran out is forgotten, though no slot ever comes free', async (t) => {
  setFlagsFromString('--expose-gc');
  const collect = runInNewContext('gc') as () => void;
  const slots = new Slots(0);
  const waited = await (async () => {
    const waiting = slots.whenFree(1);
    await waiting;
    return new WeakRef(waiting);
  })();
  await until(
    () => {
      collect();
      return waited.deref() === undefined;
    },
    { what: 'the wait collected as garbage' },
  );
  t.is(slots.take(1), 0);
});
