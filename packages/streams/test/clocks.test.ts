import { fileURLToPath } from 'node:url';
import { inbox, runProcess, useRedis } from '@backend2/testkit';
import test from 'ava';
import { numbered, openStreams, running } from './support/streams.ts';

const skewed = fileURLToPath(new URL('fixtures/skewed-worker.ts', import.meta.url));
const jobs = numbered('jobs');
const results = numbered('results');

for (const [direction, skewMs] of [
  ['ahead', 86_400_000],
  ['behind', -86_400_000],
] as const) {
  test(`a process whose clock is a day ${direction} does no harm: only Redis's time counts`, async (t) => {
    const { url, client } = await useRedis(t);
    const streams = await openStreams(t, url);
    const child = runProcess(t, skewed, { env: { STREAMS_URL: url, SKEW_MS: String(skewMs) } });
    await child.line(/started/);
    const told = inbox<number>('result');
    await running(
      t,
      streams.consumer(results, {
        group: 'r',
        handler: async ({ payload }) => told.push(payload.n) as never,
      }),
    );
    const startedAt = performance.now();
    // It retries once after 200 ms, then says when the message was published.
    await streams.publisher(jobs).publish({ n: 1 }, { delayMs: 200 });
    const publishedAt = await told.next(20_000);
    const [seconds] = (await client.time()) as unknown as [string];
    t.true(Math.abs(publishedAt / 1000 - Number(seconds)) < 60);
    // Redis counts whole milliseconds.
    t.true(performance.now() - startedAt > 400 - 2);
    const caller = await running(t, streams.rpcClient());
    t.is(await caller.call('rpc:skewed', 'echo', 5, { timeoutMs: 20_000 }), 5);
    const waited = Number((await child.line(/waited (\d+)/))[1]);
    t.true(waited < 60_000);
  });
}
