import { until, useRedis } from '@backend2/testkit';
import test from 'ava';
import { partitionOf } from '../src/topic-keys.ts';
import { gate, numbered, openStreams, running } from './support/streams.ts';

test('a consumer of slow handlers takes a share of several partitions, and not all of the first it asks', async (t) => {
  const { url } = await useRedis(t);
  const streams = await openStreams(t, url);
  const partitions = 4;
  const topic = numbered('shared', { partitions });
  const keyOf = (n: number): string => `k${n}`;
  await streams
    .publisher(topic)
    .publishMany(
      Array.from({ length: 80 }, (_, n) => ({ payload: { n }, options: { partitionKey: keyOf(n) } })),
    );
  const { opened, open } = gate();
  t.teardown(open);
  const begun: number[] = [];
  await running(
    t,
    streams.consumer(topic, {
      group: 'g',
      concurrency: partitions,
      handler: async ({ payload: { n } }) => {
        begun.push(partitionOf(keyOf(n), partitions));
        await opened;
      },
    }),
  );
  await until(() => begun.length === partitions, { what: 'every slot in use' });
  t.true(new Set(begun).size > 1, `all of partition ${begun[0]}`);
});
