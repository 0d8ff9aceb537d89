import { inbox, until, useRedis } from '@backend2/testkit';
import test from 'ava';
import type { Redis } from 'ioredis';
import { type HandlerContext, LeaseLostError, type Message, type Outcome } from '../src/index.ts';
import { gate, numbered, openStreams, running, type Numbered } from './support/streams.ts';

const jobs = numbered('jobs');
const results = numbered('results');
const stream = 'app:{jobs}';
/** So long that only the claim tells of what happened, and no renewal. */
const leaseMs = 600_000;

/** Another consumer took the oldest entry over and was lost itself, so that it comes back at the next look. */
const passThroughAnother = async (client: Redis): Promise<void> => {
  const [[entryId]] = (await client.xrange(stream, '-', '+', 'COUNT', 1)) as [[string, string[]]];
  await client.call('XCLAIM', stream, 'g', 'another', '0', entryId, 'IDLE', String(2 * leaseMs), 'JUSTID');
};

test('of an entry that was lost and came back only the new run’s retry counts, and no slot is lost with the old', async (t) => {
  const { url, client } = await useRedis(t);
  const streams = await openStreams(t, url);
  interface InHand {
    readonly message: Message<Numbered>;
    readonly context: HandlerContext;
    readonly end: (outcome: Outcome) => void;
  }
  const runs = inbox<InHand>('run');
  const lost: string[] = [];
  const observed = await openStreams(t, url, { observer: { leaseLost: (topic) => lost.push(topic) } });
  const consumer = await running(
    t,
    observed.consumer(jobs, {
      group: 'g',
      concurrency: 2,
      leaseMs,
      handler: (message, context) =>
        new Promise<Outcome>((end) => {
          runs.push({ message, context, end });
        }),
    }),
  );
  const publisher = streams.publisher(jobs);
  await publisher.publish({ n: 1 });
  const stale = await runs.next();
  await passThroughAnother(client);
  const current = await runs.next();
  t.is(current.message.id, stale.message.id);
  t.true(stale.context.signal.reason instanceof LeaseLostError);
  t.false(current.context.signal.aborted);
  t.deepEqual(lost, ['jobs']);

  stale.end({ kind: 'retry', error: new Error('too late'), afterMs: 0 });
  await until(() => consumer.inFlight === 1, { what: 'the stale run over' });
  t.like(await streams.inspect(jobs, 'g'), { length: 1, pending: 1, delayed: 0 });

  current.end({ kind: 'done', emit: [{ topic: results, payload: { n: 1 } }] });
  await until(async () => (await client.xlen(stream)) === 0, { what: 'the message settled' });
  t.is(await client.xlen('app:{results}'), 1);

  await publisher.publishMany([{ payload: { n: 2 } }, { payload: { n: 3 } }]);
  const both = await runs.take(2);
  t.is(consumer.inFlight, 2, 'both slots are there');
  for (const { end } of both) end({ kind: 'done' });
});

test('a batch that loses a message hears of it, goes on without that one, and takes as many as before', async (t) => {
  const { url, client } = await useRedis(t);
  const streams = await openStreams(t, url);
  const batches = inbox<readonly number[]>('batch');
  const { opened, open } = gate();
  const publish = (list: readonly number[]) =>
    streams.publisher(jobs).publishMany(list.map((n) => ({ payload: { n } })));
  await publish([1, 2]);
  const consumer = await running(
    t,
    streams.batchConsumer(jobs, {
      group: 'g',
      batchSize: 3,
      leaseMs,
      backoff: { baseMs: 1, maxMs: 2 },
      handler: async (messages, { signal }) => {
        batches.push(messages.map(({ payload }) => payload.n));
        if (batches.all.length === 1) {
          await new Promise<void>((resolve) => {
            signal.addEventListener('abort', () => resolve(), { once: true });
          });
          t.true(signal.reason instanceof LeaseLostError);
          throw signal.reason;
        }
        if (messages.length === 3) await opened;
      },
    }),
  );
  t.deepEqual(await batches.next(), [1, 2]);
  await passThroughAnother(client);
  t.deepEqual(await batches.take(2), [[2], [1]]);
  await until(async () => (await client.xlen(stream)) === 0, { what: 'both settled' });

  await publish([3, 4, 5]);
  await until(() => consumer.inFlight === 3, { what: 'every slot there' });
  open();
});
