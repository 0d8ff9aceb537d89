import { until, useRedis } from '@backend2/testkit';
import test from 'ava';
import { Batcher } from '../src/batcher.ts';
import { scripts } from '../src/lua-script.ts';
import { monitorCommands } from './support/redis-monitor.ts';
import { gate, numbered, openStreams, running } from './support/streams.ts';

const jobs = numbered('jobs');

test('a lone item goes at the end of the turn, and what comes while batches are under way shares the next', async (t) => {
  const sent: { readonly items: readonly number[]; readonly answer: () => void }[] = [];
  const batcher = new Batcher<number>(
    (items) => new Promise<void>((answer) => sent.push({ items, answer })),
    4,
    2,
  );
  const turn = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));
  const batches = () => sent.map(({ items }) => items);
  batcher.push(1);
  t.is(sent.length, 0);
  await turn();
  t.deepEqual(batches(), [[1]]);
  batcher.push(2);
  batcher.push(3);
  await turn();
  t.deepEqual(batches(), [[1], [2, 3]]);

  for (const n of [4, 5, 6, 7, 8]) batcher.push(n);
  await turn();
  t.is(sent.length, 2, 'two are under way and no more');
  sent[0]!.answer();
  await turn();
  t.deepEqual(batches().slice(2), [[4, 5, 6, 7]], 'no batch is larger than it may be');
  let idle = false;
  const idled = batcher.idle().then(() => (idle = true));
  sent[1]!.answer();
  await turn();
  t.deepEqual(batches().slice(3), [[8]]);
  t.false(idle);
  for (const { answer } of sent) answer();
  await idled;
  await batcher.idle();
});

test('of a flood each item goes once and in order, while more comes', async (t) => {
  const sent: number[] = [];
  const batcher = new Batcher<number>(async (items) => {
    t.true(items.length > 0 && items.length <= 4);
    sent.push(...items);
    if (sent.length === 20) for (let n = 50; n < 63; n++) batcher.push(n);
  }, 4);
  for (let n = 0; n < 50; n++) batcher.push(n);
  await batcher.idle();
  t.deepEqual(
    sent,
    Array.from({ length: 63 }, (_, n) => n),
  );
});

test('at a trickle an outcome goes out at once, while the reader waits for work', async (t) => {
  const { url, client } = await useRedis(t);
  const streams = await openStreams(t, url);
  const commands = await monitorCommands(t, url);
  let release = (): void => undefined;
  const consumer = await running(
    t,
    streams.consumer(jobs, {
      group: 'g',
      concurrency: 2,
      handler: async () => {
        const { opened, open } = gate();
        release = open;
        await opened;
      },
    }),
  );
  const reads = () => commands.filter(({ name }) => name === 'xreadgroup');
  let apart = 0;
  for (let n = 0; n < 10; n++) {
    const before = reads().length;
    await client.xadd('app:{jobs}', '*', 'm', `m${n}\n${JSON.stringify({ n })}`);
    await until(() => consumer.inFlight === 1 && reads().length > before, { what: 'another read begun' });
    const seen = commands.length;
    release();
    const ack = await until(() => commands.slice(seen).find(({ first }) => first === scripts.ack.digest), {
      what: 'the outcome sent',
    });
    if (ack.from !== reads().at(-1)!.from) apart++;
    await until(() => consumer.inFlight === 0, { what: 'the message settled' });
  }
  t.true(apart > 0, 'none waited for the read to end, so that it could go along with the next');
});
