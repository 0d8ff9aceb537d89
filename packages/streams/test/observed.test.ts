import { inbox, until, useRedis } from '@backend2/testkit';
import test from 'ava';
import { type Observer, type Outcome, PermanentError } from '../src/index.ts';
import { gate, numbered, openStreams, running } from './support/streams.ts';

const jobs = numbered('jobs');
type Settled = Parameters<NonNullable<Observer['settled']>>[0];

test('an observer hears what was published, and of every outcome how long its message waited and ran', async (t) => {
  const { url, client } = await useRedis(t);
  const settled: Settled[] = [];
  const published: [string, number][] = [];
  const streams = await openStreams(t, url, {
    observer: {
      published: (topic, count) => published.push([topic, count]),
      settled: (event) => settled.push(event),
    },
  });
  await streams.publisher(jobs).publishMany([{ payload: { n: 1 } }, { payload: { n: 2 } }]);
  const ranMs: number[] = [];
  await running(
    t,
    streams.consumer(jobs, {
      group: 'g',
      handler: async ({ payload: { n }, attempt }): Promise<Outcome> => {
        const from = performance.now();
        await client.ping();
        ranMs.push(performance.now() - from);
        if (n === 1) return { kind: 'done' };
        const error = new Error('no');
        return attempt === 1 ? { kind: 'retry', error, afterMs: 0 } : { kind: 'dead', error };
      },
    }),
  );
  await until(() => settled.length === 3, { what: 'three outcomes' });
  t.deepEqual(published, [['jobs', 2]]);
  for (const [index, outcome] of ['done', 'retry', 'dead'].entries()) {
    const event = settled.find((each) => each.outcome === outcome);
    t.like(event, { topic: 'jobs', group: 'g' });
    t.true(event!.runMs >= ranMs[index]! && event!.waitMs >= 0);
  }
});

for (const form of ['consumer', 'batchConsumer'] as const) {
  test(`how long a message ran in a ${form} does not tell how long its outcome took to reach Redis`, async (t) => {
    const { url, client } = await useRedis(t);
    const warnedAt = inbox<number>('warning');
    const settled = inbox<Settled>('outcome');
    const streams = await openStreams(t, url, {
      observer: { settled: (event) => settled.push(event) },
      onWarning: () => warnedAt.push(performance.now()),
    });
    await client.set('app:{broken}', 'no stream');
    await running(
      t,
      streams[form](jobs, {
        group: 'g',
        handler: () => Promise.reject(new PermanentError('no')),
        onDead: () => [{ topic: numbered('broken'), payload: { n: 1 } }],
      }),
    );
    const publishedAt = performance.now();
    await streams.publisher(jobs).publish({ n: 1 });
    const [first] = await warnedAt.take(2);
    await client.del('app:{broken}');
    const { outcome, runMs } = await settled.next();
    t.is(outcome, 'dead');
    t.true(runMs <= first! - publishedAt, `${runMs} ms`);
  });
}

test('a batch does not hear that a message which waits for its turn was lost, and that one is dropped', async (t) => {
  const { url, client } = await useRedis(t);
  const lost = inbox<string>('lost lease');
  const streams = await openStreams(t, url, { observer: { leaseLost: (topic) => lost.push(topic) } });
  await streams.publisher(jobs).publishMany([{ payload: { n: 1 } }, { payload: { n: 2 } }]);
  await client.xgroup('CREATE', 'app:{jobs}', 'g', '0');
  await client.xreadgroup('GROUP', 'g', 'lost', 'STREAMS', 'app:{jobs}', '>');
  const ids = (await client.xrange('app:{jobs}', '-', '+')).map(([id]) => id);
  await client.call('XCLAIM', 'app:{jobs}', 'g', 'lost', '0', ...ids, 'IDLE', '600000', 'JUSTID');
  const batches = inbox<number[]>('batch');
  const { opened, open } = gate();
  t.teardown(open);
  let aborted: boolean | undefined;
  const consumer = await running(
    t,
    streams.batchConsumer(jobs, {
      group: 'g',
      leaseMs: 1500,
      // Both were in a lost consumer's hands, so they go one by one.
      handler: async (messages, { signal }) => {
        batches.push(messages.map(({ payload }) => payload.n));
        await opened;
        aborted = signal.aborted;
      },
    }),
  );
  t.deepEqual(await batches.next(), [1]);
  t.is(consumer.inFlight, 2);
  await client.xack('app:{jobs}', 'g', ids[1]!);
  await client.xdel('app:{jobs}', ids[1]!);
  t.is(await lost.next(), 'jobs');
  open();
  await until(() => consumer.inFlight === 0, { what: 'nothing in hand' });
  t.false(aborted);
  t.deepEqual(batches.all, [[1]]);
});
