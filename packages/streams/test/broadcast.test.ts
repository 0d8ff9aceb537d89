import { inbox, until, useRedis } from '@backend2/testkit';
import test from 'ava';
import { connectionsTo } from './support/connections-to.ts';
import { gate, numbered, openStreams, running } from './support/streams.ts';

const news = numbered('news');

test('every instance sees every message in order', async (t) => {
  const { url } = await useRedis(t);
  const seen = await Promise.all(
    [1, 2, 3].map(async () => {
      const streams = await openStreams(t, url);
      const box = inbox<number>('message');
      await running(t, streams.broadcast(news).subscribe({ handler: ({ payload }) => box.push(payload.n) }));
      return box;
    }),
  );
  const streams = await openStreams(t, url);
  const broadcast = streams.broadcast(news);
  await broadcast.publish({ n: 0 });
  await broadcast.publishMany(Array.from({ length: 99 }, (_, n) => ({ n: n + 1 })));
  const all = Array.from({ length: 100 }, (_, n) => n);
  for (const box of seen) t.deepEqual(await box.take(100), all);
});

test('a subscriber resumes after the id it knows, from the beginning or from now', async (t) => {
  const { url } = await useRedis(t);
  const streams = await openStreams(t, url);
  const broadcast = streams.broadcast(news);
  const ids: string[] = [];
  for (let n = 0; n < 5; n++) ids.push(await broadcast.publish({ n }));
  t.is(await broadcast.newest(), ids.at(-1) ?? '');
  const from = async (place: string | undefined) => {
    const box = inbox<[string, number]>('message');
    await running(
      t,
      broadcast.subscribe({
        ...(place !== undefined && { from: place }),
        handler: ({ entryId, payload }) => box.push([entryId, payload.n]),
      }),
    );
    return box;
  };
  const [after, whole, now] = await Promise.all([from(ids[2]), from('0'), from(undefined)]);
  const newest = await broadcast.publish({ n: 5 });
  t.deepEqual(await after.take(3), [
    [ids[3], 3],
    [ids[4], 4],
    [newest, 5],
  ]);
  t.deepEqual(
    (await whole.take(6)).map(([, n]) => n),
    [0, 1, 2, 3, 4, 5],
  );
  t.deepEqual(await now.next(), [newest, 5]);
});

test('what is read after a place is complete unless some of it was trimmed or lost', async (t) => {
  const { url, client } = await useRedis(t);
  const streams = await openStreams(t, url);
  const broadcast = streams.broadcast(numbered('news', { retain: 100 }));
  t.is(await broadcast.newest(), '0-0');
  t.deepEqual(await broadcast.read('0-0', 10), { messages: [], complete: true });
  const first = await broadcast.publish({ n: 0 });
  const early = await broadcast.read('0-0', 10);
  t.true(early.complete);
  t.deepEqual(early.messages, [{ entryId: first, payload: { n: 0 } }]);

  await broadcast.publishMany(Array.from({ length: 600 }, (_, n) => ({ n: n + 1 })));
  t.true((await client.xlen('app:{news}')) < 400, 'the oldest made room');
  t.false((await broadcast.read(first, 1000)).complete);
  t.false((await broadcast.read('0', 1000)).complete);
  const [oldest] = (await broadcast.read('0', 1)).messages;
  const rest = await broadcast.read(oldest!.entryId, 1000);
  t.true(rest.complete);
  t.is(rest.messages.at(-1)?.payload.n, 600);
  const page = await broadcast.read(oldest!.entryId, 2);
  t.is(page.messages.length, 2);

  const place = await broadcast.newest();
  await client.del('app:{news}');
  await broadcast.publish({ n: 1000 });
  t.false((await broadcast.read(place, 10)).complete, 'the stream has begun anew behind that place');
});

test('a kept message that does not parse is passed over by who reads on from before it', async (t) => {
  const { url, client } = await useRedis(t);
  const warned: string[] = [];
  const streams = await openStreams(t, url, { onWarning: (message) => warned.push(message) });
  const broadcast = streams.broadcast(news);
  const first = await broadcast.publish({ n: 1 });
  await client.xadd('app:{news}', '*', 'm', 'of a later version\n{"text":"two"}');
  const third = await broadcast.publish({ n: 3 });
  t.deepEqual(await broadcast.read(first, 10), {
    messages: [{ entryId: third, payload: { n: 3 } }],
    complete: true,
  });
  t.deepEqual(warned, ['a kept message does not parse']);
});

test('what is stopped while it starts leaves no connection behind', async (t) => {
  const { url, client } = await useRedis(t);
  const streams = await openStreams(t, url);
  const before = await connectionsTo(client, url);
  for (const reading of [
    streams.broadcast(news).subscribe({ handler: () => undefined }),
    streams.rpcClient(),
  ]) {
    const started = reading.start();
    await reading.stop();
    await t.throwsAsync(started, { message: /stopped before it began|was closed/ });
    await until(async () => (await connectionsTo(client, url)) === before, {
      what: `the connection of the ${reading.name} closed`,
    });
  }
});

test('a handler that fails or dawdles is passed over or waited for, and each message comes once', async (t) => {
  const { url } = await useRedis(t);
  const warned: string[] = [];
  const streams = await openStreams(t, url, { onWarning: (message) => warned.push(message) });
  const broadcast = streams.broadcast(news);
  const { opened, open } = gate();
  const seen = inbox<number>('seen message');
  await running(
    t,
    broadcast.subscribe({
      handler: async ({ payload: { n } }) => {
        seen.push(n);
        if (n === 1) throw new Error('no');
        if (n === 2) await opened;
      },
    }),
  );
  await broadcast.publishMany([{ n: 1 }, { n: 2 }, { n: 3 }]);
  t.deepEqual(await seen.take(2), [1, 2]);
  // Longer than a read may take before its connection is thought dead.
  const from = performance.now();
  await until(() => performance.now() - from > 4500, { what: 'a read overdue' });
  open();
  t.is(await seen.next(), 3);
  t.deepEqual(seen.all, [1, 2, 3]);
  t.deepEqual(warned, ['a subscriber failed on a message']);
});

test('a subscriber whose place lies beyond a stream that lost its newest entries begins anew and says so', async (t) => {
  const { url, client } = await useRedis(t);
  const lost = inbox<string>('loss told');
  const streams = await openStreams(t, url, { observer: { dataLost: (topic) => lost.push(topic) } });
  const broadcast = streams.broadcast(news);
  const seen = inbox<number>('seen message');
  const [seconds] = (await client.time()) as unknown as [string];
  const ahead = (Number(seconds) + 3600) * 1000;
  await running(
    t,
    broadcast.subscribe({ from: `${ahead}-0`, handler: ({ payload }) => seen.push(payload.n) }),
  );
  await broadcast.publish({ n: 1 });
  t.is(await lost.next(), 'news');
  t.is(await seen.next(), 1);
});
