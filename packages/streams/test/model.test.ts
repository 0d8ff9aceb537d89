import { useRedis } from '@backend2/testkit';
import test from 'ava';
import fc from 'fast-check';
import { createStreams } from '../src/index.ts';
import { history, told } from './support/model-steps.ts';
import { World } from './support/model-world.ts';

const histories = 500;

test('whatever happens in whatever order, the scripts do as the model says', async (t) => {
  const { url, client } = await useRedis(t);
  const streams = createStreams({ connection: { kind: 'single', url } });
  t.teardown(() => streams.stop());
  let drawn = 0;
  const holds = fc.asyncProperty(history, async (steps) => {
    const world = new World(client, streams, `model-${drawn++}`);
    let at = 0;
    try {
      await world.begin();
      for (; at < steps.length; at++) {
        await world.take(steps[at]!);
        await world.compare();
      }
      await world.drain();
    } catch (error) {
      const soFar = steps.slice(0, at + 1).map((step, index) => `${index + 1}. ${told(step)}`);
      if (at === steps.length) soFar.push('and all is worked off');
      throw new Error(`${soFar.join('\n')}\n${(error as Error).message}`, { cause: error });
    }
  });
  await t.notThrowsAsync(
    fc.assert(holds, {
      numRuns: histories,
      interruptAfterTimeLimit: 150_000,
      markInterruptAsFailure: true,
      includeErrorInReport: true,
    }),
  );
  t.true(drawn >= histories);
});
