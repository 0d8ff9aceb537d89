import { inbox, type TestScope, until, useRedis } from '@backend2/testkit';
import test from 'ava';
import { type DeadLetters, type Message, PermanentError, type Streams, type Topic } from '../src/index.ts';
import { numbered, openStreams, running, type Numbered } from './support/streams.ts';

const jobs = numbered('jobs');
const trace = '00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01';

test('a dead letter goes back as a first attempt with its id, trace and history, and may die again', async (t) => {
  const { url } = await useRedis(t);
  const streams = await openStreams(t, url);
  const seen = inbox<Message<Numbered>>('seen message');
  let heals = false;
  await running(
    t,
    streams.consumer(jobs, {
      group: 'g',
      maxAttempts: 2,
      backoff: { baseMs: 1, maxMs: 2 },
      handler: async (message) => {
        seen.push(message);
        if (!heals) throw new Error(`failure ${seen.all.length}`);
      },
    }),
  );
  const letters = streams.deadLetters(jobs);
  const death = async () =>
    until(
      async () => {
        const [letter] = await letters.list();
        return letter;
      },
      { what: 'a dead letter' },
    );
  const id = await streams.publisher(jobs).publish({ n: 1 }, { trace });
  const first = await death();
  t.like(first, { id, payload: { n: 1 }, raw: '{"n":1}', attempts: 2, reason: 'attempts-exhausted' });
  t.is(await letters.redrive([first.entryId]), 1);
  t.is(await letters.redrive([first.entryId]), 0, 'it is not dead any more');
  const second = await death();
  t.deepEqual(
    second.history.map(({ attempt, error }) => [attempt, error]),
    [
      [1, 'Error: failure 1'],
      [2, 'Error: failure 2'],
      [1, 'Error: failure 3'],
      [2, 'Error: failure 4'],
    ],
  );
  t.true(second.history.every(({ at }) => Math.abs(at - second.diedAt) < 60_000));
  heals = true;
  t.is(await letters.redrive('all'), 1);
  const runs = await seen.take(5);
  t.deepEqual(
    runs.map(({ attempt, id: of, trace: with_ }) => [attempt, of, with_]),
    [1, 2, 1, 2, 1].map((attempt) => [attempt, id, trace]),
  );
  t.is(runs[4]!.publishedAt, runs[0]!.publishedAt);
  await until(async () => (await streams.inspect(jobs, 'g')).length === 0, { what: 'the message settled' });
  t.deepEqual(await letters.list(), []);
});

/** So many messages, each of which its consumer found dead. */
const allDead = async (
  t: TestScope,
  streams: Streams,
  topic: Topic<Numbered>,
  count: number,
): Promise<DeadLetters<Numbered>> => {
  await streams.publisher(topic).publishMany(Array.from({ length: count }, (_, n) => ({ payload: { n } })));
  const consumer = await running(
    t,
    streams.consumer(topic, {
      group: 'g',
      concurrency: 60,
      handler: async () => {
        throw new PermanentError('no');
      },
    }),
  );
  await until(async () => (await streams.inspect(topic, 'g')).dead === count, { what: 'all dead' });
  await consumer.stop();
  return streams.deadLetters(topic);
};

test('dead letters are listed in pages, and one or all are discarded or put back, over all partitions', async (t) => {
  const { url } = await useRedis(t);
  const streams = await openStreams(t, url);
  const spread = numbered('spread', { partitions: 3 });
  const letters = await allDead(t, streams, spread, 450);
  const listed: string[] = [];
  const numbers = new Set<number>();
  for (;;) {
    const page = await letters.list({ limit: 70, ...(listed.length > 0 && { after: listed.at(-1)! }) });
    listed.push(...page.map(({ entryId }) => entryId));
    for (const { payload } of page) numbers.add(payload!.n);
    if (page.length < 70) break;
  }
  t.is(listed.length, 450);
  t.is(numbers.size, 450);

  t.is(await letters.discard([listed[0]!, listed[449]!]), 2);
  t.is(await letters.redrive([listed[0]!, listed[1]!, listed[448]!]), 2);
  t.like(await streams.inspect(spread, 'g'), { dead: 446, length: 2 });
  for (const wrong of ['what?', '1-1@3', '1-1@-1', '1-1@x']) {
    await t.throwsAsync(letters.redrive([wrong]), { message: /is not the entryId/ });
  }
  t.is(await letters.redrive('all'), 446);
  t.like(await streams.inspect(spread, 'g'), { dead: 0, length: 448 });
  t.is(await letters.discard('all'), 0);
});

test('of the dead letters the latest stay, as many as are to be kept, and the oldest go', async (t) => {
  const { url } = await useRedis(t);
  const streams = await openStreams(t, url);
  const letters = await allDead(t, streams, jobs, 350);
  const all = await letters.list({ limit: 350 });
  t.is(await letters.trim(350), 0);
  t.is(await letters.trim(3), 347);
  t.is(await letters.trim(3), 0);
  t.deepEqual(await letters.list(), all.slice(-3));
});

test('a letter that two put back at once goes back once', async (t) => {
  const { url } = await useRedis(t);
  const streams = await openStreams(t, url);
  const letters = await allDead(t, streams, jobs, 50);
  // Both have read the page before either writes.
  const counts = await Promise.all([letters.redrive('all'), letters.redrive('all')]);
  t.is(counts[0] + counts[1], 50);
  t.like(await streams.inspect(jobs, 'g'), { dead: 0, length: 50 });
});
