import test from 'ava';
import { inbox, until } from '../src/index.ts';

test('until returns the first truthy value', async (t) => {
  let calls = 0;
  t.is(await until(() => (++calls === 3 ? 'there' : null), { everyMs: 1 }), 'there');
});

test('until looks more seldom the longer it waits', async (t) => {
  let calls = 0;
  const begun = performance.now();
  await until(() => {
    calls += 1;
    return performance.now() - begun > 1000;
  });
  // Every 20 ms it would be fifty.
  t.true(calls <= 35, String(calls));
});

test('until names what it waited for and the last error when time is up', async (t) => {
  const failing = () => {
    throw new Error('not yet');
  };
  await t.throwsAsync(until(failing, { timeoutMs: 20, everyMs: 5, what: 'the moon' }), {
    message: 'the moon did not come true within 20 ms; last: not yet',
  });
});

test('until does not wait for a condition that never answers', async (t) => {
  await t.throwsAsync(
    until(() => new Promise(() => undefined), { timeoutMs: 20, what: 'the echo' }),
    {
      message: 'the echo did not come true within 20 ms; last: no answer',
    },
  );
});

test('an inbox hands out items in order, early and late ones', async (t) => {
  const items = inbox<number>();
  items.push(1);
  const three = items.take(3);
  items.push(2);
  items.push(3);
  t.deepEqual(await three, [1, 2, 3]);
});

test('an inbox rejects when nothing comes', async (t) => {
  await t.throwsAsync(inbox<number>().next(10), { message: /did not arrive within 10 ms/ });
});
