import { fileURLToPath } from 'node:url';
import { inbox, runProcess, until, useRedis } from '@backend2/testkit';
import test from 'ava';
import { ConsumerStoppedError, createStreams, type Message } from '../src/index.ts';
import { consumerNames } from './support/consumer-names.ts';
import { gate, numbered, openStreams, running, type Numbered } from './support/streams.ts';

const jobs = numbered('jobs');
const results = numbered('results');
const blocked = fileURLToPath(new URL('fixtures/blocked-consumer.ts', import.meta.url));
const poisoned = fileURLToPath(new URL('fixtures/poisoned-consumer.ts', import.meta.url));

test('Field note 5: a handler slower than several leases is run once, whoever else looks for work', async (t) => {
  const { url, client } = await useRedis(t);
  const streams = await openStreams(t, url);
  const { opened, open } = gate();
  // Renewed every third of it: a process that stands still for less than the rest does no harm.
  const leaseMs = 2400;
  let runs = 0;
  let aborted = false;
  for (const name of ['one', 'another']) {
    const own = await openStreams(t, url);
    await running(
      t,
      own.consumer(jobs, {
        group: 'g',
        leaseMs,
        handler: async (_message, { signal }) => {
          runs++;
          await opened;
          aborted = signal.aborted;
          return { kind: 'done', emit: [{ topic: results, payload: { n: name.length } }] };
        },
      }),
    );
  }
  await streams.publisher(jobs).publish({ n: 1 });
  await until(() => runs > 0, { what: 'a run' });
  const startedAt = performance.now();
  await until(() => performance.now() - startedAt > 3 * leaseMs, { what: 'several leases passed' });
  open();
  await until(async () => (await client.xlen('app:{results}')) === 1, { what: 'the result' });
  t.is(runs, 1);
  t.false(aborted);
});

test('of a consumer whose event loop stood still past its lease only what it does first counts, and it goes on', async (t) => {
  const { url, client } = await useRedis(t);
  const streams = await openStreams(t, url);
  const child = runProcess(t, blocked, { env: { STREAMS_URL: url } });
  await child.line(/started/);
  await streams.publisher(jobs).publish({ n: 1 });
  await child.line(/in hand/);
  child.kill('SIGSTOP');
  const taken = inbox<Message<Numbered>>('taken message');
  const other = streams.consumer(jobs, {
    group: 'g',
    leaseMs: 300,
    handler: async (message) => {
      taken.push(message);
      return { kind: 'done', emit: [{ topic: results, payload: { n: 1 } }] };
    },
  });
  await running(t, other);
  t.like(await taken.next(), { attempt: 1, delivery: 2 });
  child.kill('SIGCONT');
  await child.line(/aborted: LeaseLostError/);
  await other.stop();
  // It had asked for a retry: that came from a run that no longer held the message.
  await streams.publisher(jobs).publish({ n: 2 });
  await child.line(/handled 2/);
  await until(async () => (await client.xlen('app:{jobs}')) === 0, { what: 'all settled' });
  t.deepEqual(
    (await Array.fromAsync(streams.contents(results))).map(({ payload }) => payload.n),
    [1],
  );
  t.like(await streams.inspect(jobs, 'g'), { delayed: 0, dead: 0 });
});

test('Field note 12: what a stopping consumer cannot finish is free for others at once, and uncounted', async (t) => {
  const { url, client } = await useRedis(t);
  const leaving = createStreams({ connection: { kind: 'single', url } });
  await running(t, leaving);
  const { opened, open } = gate();
  t.teardown(open);
  const reasons = inbox<unknown>('reason of an abort');
  const finished = gate();
  const longLease = { group: 'g', leaseMs: 600_000, maxDeliveries: 1 };
  const consumer = leaving.consumer(jobs, {
    ...longLease,
    concurrency: 4,
    handler: async ({ payload }, { signal }) => {
      if (payload.n === 4) {
        await finished.opened;
        return { kind: 'done', emit: [{ topic: results, payload }] };
      }
      signal.addEventListener('abort', () => reasons.push(signal.reason), { once: true });
      await opened; // Deaf to its signal.
      return { kind: 'done' };
    },
  });
  await running(t, consumer);
  await leaving.publisher(jobs).publishMany([1, 2, 3, 4].map((n) => ({ payload: { n } })));
  await until(() => consumer.inFlight === 4, { what: 'all four in hand' });

  const hard = new AbortController();
  const stopped = consumer.stop(hard.signal);
  finished.open();
  await until(async () => (await client.xlen('app:{results}')) === 1, { what: 'the result of the fourth' });
  hard.abort();
  await stopped;
  t.true((await reasons.take(3)).every((reason) => reason instanceof ConsumerStoppedError));
  t.deepEqual((await leaving.inspect(jobs, 'g')).consumers, [], 'its name is gone');

  const taken = inbox<Message<Numbered>>('taken message');
  await running(
    t,
    leaving.consumer(jobs, {
      ...longLease,
      concurrency: 3,
      handler: async (message) => taken.push(message) as never,
    }),
  );
  const again = await taken.take(3);
  t.deepEqual(
    again.map(({ payload }) => payload.n).toSorted((a, b) => a - b),
    [1, 2, 3],
  );
  t.deepEqual(
    again.map(({ delivery }) => delivery),
    [1, 1, 1],
  );
});

test('a consumer that leaves with more than a batch in hand hands back all of it', async (t) => {
  const { url } = await useRedis(t);
  const streams = await openStreams(t, url);
  const many = { group: 'g', leaseMs: 600_000, concurrency: 1100 };
  const { opened, open } = gate();
  t.teardown(open);
  const leaving = await running(t, streams.consumer(jobs, { ...many, handler: () => opened }));
  await streams.publisher(jobs).publishMany(Array.from({ length: 1100 }, (_, n) => ({ payload: { n } })));
  await until(() => leaving.inFlight === 1100, { what: 'all in hand' });
  await leaving.stop(AbortSignal.abort());
  t.like(await streams.inspect(jobs, 'g'), { pending: 1100, lag: 1100, consumers: [] });
  const next = await running(t, streams.consumer(jobs, { ...many, handler: () => opened }));
  await until(() => next.inFlight === 1100, { what: 'all in the next one’s hands' });
});

test('what a lost consumer held behind several pages of what others run is found', async (t) => {
  const { url, client } = await useRedis(t);
  const streams = await openStreams(t, url);
  const leaseMs = 600_000;
  await streams.publisher(jobs).publishMany(Array.from({ length: 1000 }, (_, n) => ({ payload: { n } })));
  await client.xgroup('CREATE', 'app:{jobs}', 'g', '0');
  await client.xreadgroup('GROUP', 'g', 'busy', 'COUNT', 995, 'STREAMS', 'app:{jobs}', '>');
  await client.xreadgroup('GROUP', 'g', 'lost', 'COUNT', 5, 'STREAMS', 'app:{jobs}', '>');
  const lost = (await client.xpending('app:{jobs}', 'g', '-', '+', 5, 'lost')) as [string][];
  // Where a script has to be loaded first, what is published by several may change places.
  const last = (await client.xrange('app:{jobs}', lost[0]![0], '+')).map(([, fields]) => fields[1]!);
  const numbers = last.map((text) => (JSON.parse(text.split('\n')[1]!) as Numbered).n);
  const idle = ['IDLE', String(2 * leaseMs), 'JUSTID'];
  await client.call('XCLAIM', 'app:{jobs}', 'g', 'lost', '0', ...lost.map(([id]) => id), ...idle);
  const taken = inbox<number>('taken message');
  await running(
    t,
    streams.consumer(jobs, {
      group: 'g',
      leaseMs,
      handler: async ({ payload }) => taken.push(payload.n) as never,
    }),
  );
  t.deepEqual(await taken.take(5), numbers);
});

test('an entry that kills its consumers is dead-lettered after maxDeliveries, and takes no other with it', async (t) => {
  const { url } = await useRedis(t);
  const reclaimed: number[] = [];
  const streams = await openStreams(t, url, {
    observer: { reclaimed: (_topic, _group, count) => reclaimed.push(count) },
  });
  const all = Array.from({ length: 8 }, (_, n) => n);
  await streams.publisher(jobs).publishMany(all.map((n) => ({ payload: { n } })));
  for (let life = 1; life <= 2; life++) {
    const { exited, output } = runProcess(t, poisoned, { env: { STREAMS_URL: url } });
    t.is((await exited).signal, 'SIGKILL', output);
  }
  await running(
    t,
    streams.consumer(jobs, {
      group: 'g',
      concurrency: 4,
      leaseMs: 300,
      maxDeliveries: 2,
      handler: async ({ payload }) => ({ kind: 'done', emit: [{ topic: results, payload }] }),
      onDead: ({ message, reason }) => [
        {
          topic: results,
          payload: { n: reason === 'deliveries-exhausted' ? 1000 + message.payload!.n : -1 },
        },
      ],
    }),
  );
  await until(async () => (await streams.inspect(jobs, 'g')).length === 0, { what: 'all settled' });
  const settled = (await Array.fromAsync(streams.contents(results))).map(({ payload }) => payload.n);
  t.deepEqual(
    settled.toSorted((a, b) => a - b),
    [...all.filter((n) => n !== 3), 1003],
  );
  const dead = await streams.deadLetters(jobs).list();
  t.like(dead[0], { payload: { n: 3 }, reason: 'deliveries-exhausted', attempts: 1 });
  t.regex(dead[0]!.error, /Handed to 2 consumers/);
  t.is(dead.length, 1);
  t.true(reclaimed.length > 0);
});

test('an entry past its deliveries is buried by a consumer that has no slot free', async (t) => {
  const { url, client } = await useRedis(t);
  const streams = await openStreams(t, url);
  await streams.publisher(jobs).publish({ n: 1 });
  await client.xgroup('CREATE', 'app:{jobs}', 'g', '0');
  await client.xreadgroup('GROUP', 'g', 'lost', 'STREAMS', 'app:{jobs}', '>');
  const [[entryId]] = (await client.xrange('app:{jobs}', '-', '+')) as [[string, string[]]];
  const lost = ['IDLE', '60000', 'RETRYCOUNT', '3', 'JUSTID'];
  await client.call('XCLAIM', 'app:{jobs}', 'g', 'lost', '0', entryId, ...lost);
  await running(
    t,
    streams.consumer(jobs, { group: 'g', concurrency: 0, leaseMs: 1000, handler: async () => undefined }),
  );
  await until(async () => (await streams.inspect(jobs, 'g')).dead === 1, { what: 'the entry buried' });
  t.like(await streams.inspect(jobs, 'g'), { length: 0, pending: 0 });
});

test('Field note 10: consumer names do not leak, and none goes while it has pending entries', async (t) => {
  const { url, client } = await useRedis(t);
  const streams = await openStreams(t, url);
  await client.xgroup('CREATE', 'app:{jobs}', 'g', '0', 'MKSTREAM');
  const publisher = streams.publisher(jobs);
  await publisher.publishMany(Array.from({ length: 500 }, (_, n) => ({ payload: { n } })));
  // A thousand that were killed: half had entries in hand, settled by others since, but for one.
  const crashed = client.pipeline();
  for (let n = 0; n < 500; n++) {
    crashed.xreadgroup('GROUP', 'g', `held-${n}`, 'COUNT', 1, 'STREAMS', 'app:{jobs}', '>');
  }
  for (let n = 0; n < 500; n++) crashed.xgroup('CREATECONSUMER', 'app:{jobs}', 'g', `idle-${n}`);
  await crashed.exec();
  const entries = await client.xrange('app:{jobs}', '-', '+');
  const [kept, ...done] = entries.map(([id]) => id);
  await client.xack('app:{jobs}', 'g', ...done);
  await client.xdel('app:{jobs}', ...done);
  const names = async (): Promise<string[]> =>
    (await consumerNames(client, 'app:{jobs}', 'g')).filter((name) => name !== '~released');
  // And those that left in order, each after a message.
  const { opened, open } = gate();
  const consumers = await Promise.all(
    Array.from({ length: 20 }, () =>
      running(t, streams.consumer(jobs, { group: 'g', handler: () => opened })),
    ),
  );
  await publisher.publishMany(consumers.map((_, n) => ({ payload: { n } })));
  await until(async () => (await names()).length === 1020, { what: 'the name of each that has a message' });
  open();
  await Promise.all(consumers.map((consumer) => consumer.stop()));
  t.is((await names()).length, 1000);

  // It has no slot to claim the last entry with, so its holder stays.
  const survivor = await running(
    t,
    streams.consumer(jobs, { group: 'g', concurrency: 0, leaseMs: 1000, handler: async () => undefined }),
  );
  await until(async () => (await names()).filter((name) => /^(held|idle)-/.test(name)).length === 1, {
    timeoutMs: 30_000,
    what: 'only the holder left',
  });
  t.deepEqual(
    (await streams.inspect(jobs, 'g')).consumers.filter(({ pending }) => pending > 0).map(({ name }) => name),
    ['held-0'],
  );
  survivor.setConcurrency(1);
  await until(async () => (await client.xlen('app:{jobs}')) === 0, {
    what: `${kept} claimed from its holder`,
  });
});
