import test from 'ava';
import { benchStreams } from '../streams/bench-streams.ts';
import { contenderNames } from '../streams/contender.ts';

test('the bench of streams runs every contender through every measurement', async (t) => {
  const said: string[] = [];
  const { rounds, backlog } = await benchStreams({ extent: 'smoke', say: (line) => said.push(line) });
  for (const name of contenderNames) {
    for (const { throughput, trickle, halfPeak } of rounds[name]) {
      for (const figures of throughput.values()) {
        for (const [what, value] of Object.entries(figures))
          t.true(Number.isFinite(value), `${name} ${what}`);
        t.true(figures.processRate > 0 && figures.publishRate > 0 && figures.bothRate > 0);
      }
      t.true(trickle.p50 > 0 && trickle.p99 >= trickle.p50, name);
      t.true(halfPeak.p99 >= halfPeak.p50, name);
    }
    t.is(backlog[name].length, 2);
    for (const [what, value] of backlog[name].flatMap((figures) => Object.entries(figures)))
      t.true(Number.isFinite(value), `${name} ${what}`);
  }
  t.regex(said.at(-1) ?? '', /\| process, of BullMQ +\| [\d.]+ x/);
});
