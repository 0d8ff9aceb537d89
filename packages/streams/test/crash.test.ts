import { fileURLToPath } from 'node:url';
import { runProcess, until, useRedis } from '@backend2/testkit';
import test, { type ExecutionContext } from 'ava';
import {
  everyFate,
  expectedDead,
  expectedResults,
  jobs,
  publishEveryFate,
  results,
} from './support/crash-scenario.ts';
import { killPointProxy } from './support/kill-point-proxy.ts';
import { openStreams, running } from './support/streams.ts';

const fixture = fileURLToPath(new URL('fixtures/every-fate-consumer.ts', import.meta.url));
/** Consumers killed side by side. */
const atOnce = 4;

/** Kills a consumer once Redis has carried out its `point`th command, and has another take over. Answers whether it came that far. */
const killedAt = async (t: ExecutionContext, point: number): Promise<string | undefined> => {
  const { url, client } = await useRedis(t);
  const streams = await openStreams(t, url);
  await publishEveryFate(streams);
  const proxy = await killPointProxy(t, url, point, () => child.kill('SIGKILL'));
  const child = runProcess(t, fixture, { env: { STREAMS_URL: proxy.url } });
  const { code, signal } = await child.exited;
  const survived = proxy.carriedOut.length < point;
  if (survived) t.is(code, 0, child.output);
  else t.is(signal, 'SIGKILL', child.output);

  const after = `killed after ${proxy.carriedOut.join(', ')}`;
  if (!survived) await running(t, streams.consumer(jobs, everyFate));
  await until(async () => (await client.xlen('app:{results}')) >= expectedResults.length, { what: after });
  await until(
    async () => {
      const { length, pending, delayed } = await streams.inspect(jobs, 'g');
      return length + pending + delayed === 0;
    },
    { what: `nothing left, ${after}` },
  );
  const emitted = await Array.fromAsync(streams.contents(results));
  t.deepEqual(
    emitted.map(({ payload }) => payload.n).toSorted((a, b) => a - b),
    expectedResults,
    after,
  );
  const dead = await streams.deadLetters(jobs).list();
  t.deepEqual(
    dead
      .map(({ payload, reason }) => ({ n: payload?.n ?? -1, reason }))
      .toSorted((one, other) => one.n - other.n),
    expectedDead.toSorted((one, other) => one - other).map((n) => ({ n, reason: 'permanent' })),
    after,
  );
  return survived ? undefined : proxy.carriedOut.at(-1);
};

test('Field note 3: a consumer killed with -9 between any two commands loses nothing and doubles nothing', async (t) => {
  const killedAfter: string[] = [];
  for (let from = 1; ; from += atOnce) {
    const points = Array.from({ length: atOnce }, (_, index) => from + index);
    const last = await Promise.all(points.map((point) => killedAt(t, point)));
    killedAfter.push(...last.filter((command) => command !== undefined));
    if (last.includes(undefined)) break;
  }
  t.log(`${killedAfter.length} consumers were killed, after ${killedAfter.join(', ')}`);
  t.true(killedAfter.length >= 8);
});
