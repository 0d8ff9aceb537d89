import { inbox, until, useRedis } from '@backend2/testkit';
import test from 'ava';
import { AttemptTimeoutError, PermanentError, type Message } from '../src/index.ts';
import { gate, numbered, openStreams, running, type Numbered } from './support/streams.ts';

const jobs = numbered('jobs');
const results = numbered('results');
const quick = { baseMs: 1, maxMs: 5 };

test('a handler gets the payload, its counts, the time and the trace of what was published', async (t) => {
  const { url, client } = await useRedis(t);
  const streams = await openStreams(t, url);
  const received = inbox<Message<Numbered>>('received message');
  const trace = '00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01';
  const id = await streams.publisher(jobs).publish({ n: 7 }, { trace, maxAttempts: 9 });
  await running(
    t,
    streams.consumer(jobs, {
      group: 'g',
      handler: async (message) => {
        received.push(message);
      },
    }),
  );
  const message = await received.next();
  t.like(message, { id, payload: { n: 7 }, attempt: 1, delivery: 1, maxAttempts: 9, trace });
  const [seconds] = await client.time();
  t.true(Math.abs(message.publishedAt / 1000 - Number(seconds)) < 10);
  await until(async () => (await client.xlen('app:{jobs}')) === 0, { what: 'the message settled' });
});

test('never more messages are read than slots are free', async (t) => {
  const { url, client } = await useRedis(t);
  const streams = await openStreams(t, url);
  const { opened, open } = gate();
  let inHand = 0;
  let most = 0;
  let handled = 0;
  await streams.publisher(jobs).publishMany(Array.from({ length: 400 }, (_, n) => ({ payload: { n } })));
  const consumer = await running(
    t,
    streams.consumer(jobs, {
      group: 'g',
      concurrency: 8,
      handler: async () => {
        most = Math.max(most, ++inHand);
        await opened;
        // As long as a round trip, so that a read beside another finds no slot free.
        await client.ping();
        inHand--;
        handled++;
      },
    }),
  );
  await until(() => inHand === 8, { what: 'as many in hand as there are slots' });
  t.like(await streams.inspect(jobs, 'g'), { pending: 8, lag: 392, length: 400 });
  t.is(consumer.inFlight, 8);
  open();
  await until(() => handled === 400, { what: 'all handled' });
  t.is(most, 8);
});

test('what a finished message emits is appended, with its trace, in the step that settles it', async (t) => {
  const { url, client } = await useRedis(t);
  const streams = await openStreams(t, url);
  const trace = '00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01';
  await streams.publisher(jobs).publish({ n: 1 }, { trace });
  await running(
    t,
    streams.consumer(jobs, {
      group: 'g',
      handler: async ({ payload }) => ({
        kind: 'done',
        emit: [
          { topic: results, payload: { n: payload.n * 10 } },
          { topic: results, payload: { n: payload.n * 11 }, options: { id: 'mine' } },
        ],
      }),
    }),
  );
  const received = inbox<Message<Numbered>>('received message');
  await running(
    t,
    streams.consumer(results, {
      group: 'r',
      handler: async (message) => received.push(message) as undefined,
    }),
  );
  const [first, second] = await received.take(2);
  t.deepEqual([first?.payload.n, second?.payload.n], [10, 11]);
  t.is(second?.id, 'mine');
  t.is(first?.trace, trace);
  t.is(await client.xlen('app:{jobs}'), 0);
});

test('of two consumers that both ran a message only the first to settle emits', async (t) => {
  const { url, client } = await useRedis(t);
  const streams = await openStreams(t, url);
  const { opened, open } = gate();
  const started = gate();
  await streams.publisher(jobs).publish({ n: 1 });
  await running(
    t,
    streams.consumer(jobs, {
      group: 'g',
      handler: async ({ payload }) => {
        started.open();
        await opened;
        return { kind: 'done', emit: [{ topic: results, payload }] };
      },
    }),
  );
  await started.opened;
  // Another consumer settles the entry while ours still runs.
  const [entry] = await client.xrange('app:{jobs}', '-', '+');
  const entryId = entry?.[0] ?? '';
  t.is(await client.xack('app:{jobs}', 'g', entryId), 1);
  open();
  await streams.publisher(jobs).publish({ n: 2 });
  const emitted = async () =>
    (await Array.fromAsync(streams.contents(results))).map(({ payload }) => payload.n);
  await until(async () => (await emitted()).includes(2), { what: 'the result of the message after it' });
  t.deepEqual(await emitted(), [2]);
});

test('a failing message waits out its backoff beside the stream while its slot runs others', async (t) => {
  const { url } = await useRedis(t);
  const streams = await openStreams(t, url);
  const order = inbox<string>('run');
  const backoffMs = 1500;
  await running(
    t,
    streams.consumer(jobs, {
      group: 'g',
      handler: async ({ payload, attempt }) => {
        order.push(`${payload.n}.${attempt}`);
        if (payload.n === 0) return { kind: 'retry', error: new Error('not today'), afterMs: 3_600_000 };
        if (payload.n === 1 && attempt === 1)
          return { kind: 'retry', error: new Error('not yet'), afterMs: backoffMs };
        return { kind: 'done' };
      },
    }),
  );
  const publisher = streams.publisher(jobs);
  const id = await publisher.publish({ n: 0 });
  t.is(await order.next(), '0.1');
  await until(async () => (await streams.inspect(jobs, 'g')).delayed === 1, { what: 'the retry waiting' });
  t.deepEqual(
    (await Array.fromAsync(streams.contents(jobs))).map((content) => [content.id, content.state]),
    [[id, 'delayed']],
  );
  const startedAt = performance.now();
  await publisher.publishMany([{ payload: { n: 1 } }, { payload: { n: 2 } }]);
  t.deepEqual(await order.take(3), ['1.1', '2.1', '1.2']);
  // Redis counts whole milliseconds.
  t.true(performance.now() - startedAt > backoffMs - 1);
});

test('an error uses up an attempt, and the last one dead-letters with every failure on record', async (t) => {
  const { url } = await useRedis(t);
  const streams = await openStreams(t, url);
  const ids: string[] = [];
  await running(
    t,
    streams.consumer(jobs, {
      group: 'g',
      maxAttempts: 3,
      backoff: quick,
      handler: async ({ id, attempt }) => {
        ids.push(id);
        throw new Error(`failure ${attempt}`);
      },
    }),
  );
  const id = await streams.publisher(jobs).publish({ n: 1 });
  const [letter] = await until(
    async () => {
      const list = await streams.deadLetters(jobs).list();
      return list.length > 0 && list;
    },
    { what: 'a dead letter' },
  );
  t.like(letter, {
    id,
    payload: { n: 1 },
    reason: 'attempts-exhausted',
    error: 'Error: failure 3',
    attempts: 3,
  });
  t.deepEqual(
    letter?.history.map(({ attempt, error }) => [attempt, error]),
    [
      [1, 'Error: failure 1'],
      [2, 'Error: failure 2'],
      [3, 'Error: failure 3'],
    ],
  );
  t.deepEqual(ids, [id, id, id]);
});

test('a handler that answers something else than an outcome has failed', async (t) => {
  const { url } = await useRedis(t);
  const streams = await openStreams(t, url);
  const answers = [{}, 'done', { kind: 'ok' }];
  await running(
    t,
    streams.consumer(jobs, {
      group: 'g',
      maxAttempts: answers.length,
      backoff: quick,
      handler: async ({ attempt }) => answers[attempt - 1] as never,
    }),
  );
  await streams.publisher(jobs).publish({ n: 1 });
  await until(async () => (await streams.inspect(jobs, 'g')).dead === 1, { what: 'the message dead' });
  const [letter] = await streams.deadLetters(jobs).list();
  t.is(letter?.history.length, answers.length);
  t.true(letter?.history.every(({ error }) => error.startsWith('TypeError')));
});

test('a message may allow itself fewer attempts than its consumer would', async (t) => {
  const { url } = await useRedis(t);
  const streams = await openStreams(t, url);
  let runs = 0;
  await running(
    t,
    streams.consumer(jobs, {
      group: 'g',
      maxAttempts: 5,
      backoff: quick,
      handler: async () => {
        runs++;
        throw new Error('no');
      },
    }),
  );
  await streams.publisher(jobs).publish({ n: 1 }, { maxAttempts: 1 });
  await until(async () => (await streams.inspect(jobs, 'g')).dead === 1, { what: 'the message dead' });
  t.is(runs, 1);
});

test('a permanent error dead-letters at once, and onDead emits in the same step', async (t) => {
  const { url } = await useRedis(t);
  const reasons: string[] = [];
  const streams = await openStreams(t, url, {
    observer: { dead: (_topic, _group, reason) => reasons.push(reason) },
  });
  await running(
    t,
    streams.consumer(jobs, {
      group: 'g',
      handler: async () => {
        throw new PermanentError('never');
      },
      onDead: ({ message, reason }) => [
        { topic: results, payload: { n: reason === 'permanent' ? message.attempt : -1 } },
      ],
    }),
  );
  await streams.publisher(jobs).publish({ n: 1 });
  await until(async () => (await streams.inspect(jobs, 'g')).dead === 1, { what: 'the message dead' });
  const emitted = await Array.fromAsync(streams.contents(results));
  t.deepEqual(
    emitted.map(({ payload }) => payload.n),
    [1],
  );
  await until(() => reasons.length === 1, { what: 'the death observed' });
  t.deepEqual(reasons, ['permanent']);
});

test('an entry that does not parse is dead-lettered with its raw text and never reaches the handler', async (t) => {
  const { url, client } = await useRedis(t);
  const streams = await openStreams(t, url);
  await client.xadd('app:{jobs}', '*', 'm', 'bad-json\n{"n":');
  await client.xadd('app:{jobs}', '*', 'm', '[broken\n{"n":1}');
  await client.xadd('app:{jobs}', '*', 'something', 'else');
  await client.xadd('app:{jobs}', '*', 'm', 'bad-shape\n{"n":"x"}');
  const seen: number[] = [];
  await running(
    t,
    streams.consumer(jobs, { group: 'g', handler: async ({ payload }) => void seen.push(payload.n) }),
  );
  await streams.publisher(jobs).publish({ n: 5 });
  await until(async () => (await streams.inspect(jobs, 'g')).dead === 4 && seen.length === 1, {
    what: 'the four dead and the good one handled',
  });
  const letters = await streams.deadLetters(jobs).list();
  t.deepEqual(new Set(letters.map(({ reason }) => reason)), new Set(['unparsable']));
  t.true(letters.some(({ raw, payload }) => raw === '{"n":' && payload === undefined));
  t.deepEqual(seen, [5]);
});

test('a message past its timeout has its signal aborted and the attempt counts as failed', async (t) => {
  const { url } = await useRedis(t);
  const streams = await openStreams(t, url);
  const reasons = inbox<unknown>('reason of an abort');
  await running(
    t,
    streams.consumer(jobs, {
      group: 'g',
      backoff: quick,
      maxAttempts: 2,
      timeoutMs: ({ payload }) => (payload.n === 1 ? 30 : undefined),
      handler: async (_message, { signal }) => {
        await new Promise<void>((resolve) =>
          signal.addEventListener('abort', () => resolve(), { once: true }),
        );
        reasons.push(signal.reason);
        // Saying "done" after the time is over does not undo that.
      },
    }),
  );
  await streams.publisher(jobs).publish({ n: 1 });
  t.true((await reasons.next()) instanceof AttemptTimeoutError);
  const [letter] = await until(
    async () => {
      const list = await streams.deadLetters(jobs).list();
      return list.length > 0 && list;
    },
    { what: 'a dead letter' },
  );
  t.is(letter?.attempts, 2);
  t.regex(letter?.error ?? '', /ran past its 30 ms/);
});

test('a handler that ignores its timeout loses its slot all the same', async (t) => {
  const { url } = await useRedis(t);
  const streams = await openStreams(t, url);
  const { opened, open } = gate();
  t.teardown(open);
  const seen = inbox<number>('seen message');
  await running(
    t,
    streams.consumer(jobs, {
      group: 'g',
      timeoutMs: 50,
      maxAttempts: 1,
      handler: async ({ payload }) => {
        seen.push(payload.n);
        if (payload.n === 1) await opened;
      },
    }),
  );
  await streams.publisher(jobs).publishMany([{ payload: { n: 1 } }, { payload: { n: 2 } }]);
  t.deepEqual(await seen.take(2), [1, 2]);
});

test('no slots pause reading, and slots given later resume it', async (t) => {
  const { url } = await useRedis(t);
  const streams = await openStreams(t, url);
  const seen = inbox<number>('seen message');
  const consumer = await running(
    t,
    streams.consumer(jobs, {
      group: 'g',
      concurrency: 0,
      handler: async ({ payload }) => seen.push(payload.n),
    }),
  );
  const publisher = streams.publisher(jobs);
  await publisher.publish({ n: 1 });
  // A delayed message is promoted all the same: what is due shows in the lag.
  await publisher.publish({ n: 2 }, { delayMs: 1 });
  await until(async () => (await streams.inspect(jobs, 'g')).lag === 2, { what: 'the delayed one promoted' });
  t.is(seen.all.length, 0);
  consumer.setConcurrency(2);
  t.deepEqual(await seen.take(2), [1, 2]);
});

test('options that cannot work are refused by name', async (t) => {
  const { url } = await useRedis(t);
  const streams = await openStreams(t, url);
  const handler = async (): Promise<void> => undefined;
  t.throws(() => streams.consumer(jobs, { group: '', handler }), { message: /group/ });
  t.throws(() => streams.consumer(jobs, { group: 'g', leaseMs: 0, handler }), { message: /leaseMs/ });
  t.throws(() => streams.consumer(jobs, { group: 'g', concurrency: -1, handler }), {
    message: /concurrency/,
  });
  t.throws(() => streams.consumer(jobs, { group: 'g', maxAttempts: 0.5, handler }), {
    message: /maxAttempts/,
  });
  t.throws(() => streams.batchConsumer(jobs, { group: 'g', batchSize: 0, handler }), {
    message: /batchSize/,
  });
  t.throws(() => streams.publisher(numbered('a{b}')), { message: /braces/ });
});
