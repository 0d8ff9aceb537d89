import { type Inbox, inbox, until, useRedis } from '@backend2/testkit';
import test from 'ava';
import type { Redis } from 'ioredis';
import {
  type BatchConsumerOptions,
  type HandlerContext,
  LeaseLostError,
  type Message,
  type Outcome,
} from '../src/index.ts';
import { numbered, openStreams, running, type Numbered } from './support/streams.ts';

const jobs = numbered('jobs');
const results = numbered('results');
const stream = 'app:{jobs}';

/** Another consumer takes the oldest entry over and is lost itself, so long ago that it comes back when `idleMs` is a lease. */
const takeOver = async (client: Redis, idleMs: number): Promise<void> => {
  const [[entryId]] = (await client.xrange(stream, '-', '+', 'COUNT', 1)) as [[string, string[]]];
  await client.call('XCLAIM', stream, 'g', 'another', '0', entryId, 'IDLE', String(idleMs), 'JUSTID');
};

test('of an entry that was lost and came back only the new run’s retry counts, and no slot is lost with the old', async (t) => {
  const { url, client } = await useRedis(t);
  const streams = await openStreams(t, url);
  // So long that only the claim tells of what happened, and no renewal.
  const leaseMs = 600_000;
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
  await takeOver(client, 2 * leaseMs);
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

/** Throws when its first batch has lost a message. */
const untilLost =
  (batches: Inbox<readonly number[]>): BatchConsumerOptions<Numbered>['handler'] =>
  async (messages, { signal }) => {
    batches.push(messages.map(({ payload }) => payload.n));
    if (batches.all.length > 1) return;
    await new Promise<void>((resolve) => {
      signal.addEventListener('abort', () => resolve(), { once: true });
    });
    throw signal.reason;
  };

for (const [what, numbers, after] of [
  ['goes on without that one', [1, 2], [[2], [1]]],
  ['has its slot for what comes next', [1], [[1]]],
] as const) {
  test(`a batch that loses a message hears of it, and ${what}`, async (t) => {
    const { url, client } = await useRedis(t);
    const warned: unknown[] = [];
    const streams = await openStreams(t, url, { onWarning: (_message, { error }) => warned.push(error) });
    const batches = inbox<readonly number[]>('batch');
    await streams.publisher(jobs).publishMany(numbers.map((n) => ({ payload: { n } })));
    await running(
      t,
      streams.batchConsumer(jobs, {
        group: 'g',
        batchSize: numbers.length,
        leaseMs: 1500,
        backoff: { baseMs: 1, maxMs: 2 },
        handler: untilLost(batches),
      }),
    );
    t.deepEqual(await batches.next(), [...numbers]);
    // A renewal tells.
    await takeOver(client, 0);
    t.deepEqual(await batches.take(after.length), after);
    await until(async () => (await client.xlen(stream)) === 0, { what: 'all settled' });
    t.regex(String(warned[0]), /LeaseLostError/);
  });
}
