import { until } from '@backend2/testkit';
import test from 'ava';
import { BreakerOpenError, createBreaker, createMetrics } from '../src/index.ts';

const expected = new Error('an answer, though not a welcome one');

test('a breaker opens after failures, spares the callee, and closes again after a success', async (t) => {
  const metrics = createMetrics('test');
  const resetMs = 1000;
  let calls = 0;
  let broken = true;
  const breaker = createBreaker(
    'callee',
    async (value: number) => {
      calls += 1;
      if (broken) throw new Error('down');
      return value;
    },
    { metrics, volumeThreshold: 3, resetMs },
  );
  t.teardown(() => breaker.close());
  for (let turn = 0; turn < 3; turn += 1) await t.throwsAsync(breaker.call(1), { message: 'down' });
  t.true(breaker.open);
  const refused = await t.throwsAsync(breaker.call(1), { instanceOf: BreakerOpenError });
  t.is(refused.retryAfterMs, resetMs);
  t.is(calls, 3);
  t.regex(await metrics.registry.metrics(), /backend2_breaker_open\{name="callee",service="test"\} 1/);
  broken = false;
  t.is(await until(() => breaker.call(7).catch(() => undefined), { what: 'the breaker half open' }), 7);
  t.false(breaker.open);
});

test('an expected error never opens a breaker', async (t) => {
  const breaker = createBreaker('callee', () => Promise.reject(expected), {
    metrics: createMetrics('test'),
    volumeThreshold: 3,
    isExpected: (error) => error === expected,
  });
  t.teardown(() => breaker.close());
  for (let turn = 0; turn < 10; turn += 1) await t.throwsAsync(breaker.call(), { is: expected });
  t.false(breaker.open);
});
