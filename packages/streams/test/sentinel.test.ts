import { inbox, until, useSentinel } from '@backend2/testkit';
import test from 'ava';
import { createStreams } from '../src/index.ts';
import { workThroughFailover } from './support/failover.ts';
import { numbered, openStreams, running } from './support/streams.ts';
import { tcpProxy } from './support/tcp-proxy.ts';

test('a master dies under load and its replica takes over: work goes on, and what was lost is told', async (t) => {
  const sentinel = await useSentinel(t);
  const streams = await openStreams(t, sentinel.connection);
  const heard = inbox<number>();
  const news = streams.broadcast(numbered('news'));
  await running(t, news.subscribe({ handler: ({ payload }) => heard.push(payload.n) }));
  await running(
    t,
    streams.rpcServer({ name: 'rpc:echo', group: 'echo', handler: async (_method, params) => params }),
  );
  const caller = await running(t, streams.rpcClient());
  t.is(await caller.call('rpc:echo', 'say', 'before', { timeoutMs: 10_000 }), 'before');

  const master = await sentinel.master();
  const { safe, acknowledged, lost, results, repaired, lossesTold, after } = await workThroughFailover(t, {
    connection: sentinel.connection,
    topic: numbered('jobs'),
    fence: 'fence',
    master,
    takenOver: () => sentinel.successorOf(master),
  });
  t.true(after >= 200);
  t.log(
    `${acknowledged.size} acknowledged, ${safe.size} safe, ${lost.length} lost, told ${lossesTold.length} times`,
  );
  // Ack and result are one script, so what the replica had has one result whichever server wrote it.
  t.deepEqual(
    [...safe].filter((n) => results.get(n) !== 1),
    [],
  );
  t.true(lost.length < acknowledged.size / 2, `${lost.length} of ${acknowledged.size} lost`);
  t.true(lossesTold.every(({ topic, group }) => topic === 'jobs' && group === 'workers'));
  t.deepEqual(
    [...acknowledged].filter((n) => !repaired.has(n)),
    [],
  );

  await news.publish({ n: 1 });
  t.is(await heard.next(60_000), 1);
  const answer = await until(() => caller.call('rpc:echo', 'say', 'after', { timeoutMs: 2000 }), {
    timeoutMs: 60_000,
    what: 'an answer after the failover',
  });
  t.is(answer, 'after');
});

test('a Sentinel that is there and says nothing is passed over for the next', async (t) => {
  const { connection } = await useSentinel(t);
  const [first, ...others] = connection.sentinels;
  const proxy = await tcpProxy(t, `redis://${first?.host}:${first?.port}`);
  proxy.freezeAll();
  const silent = new URL(proxy.url);
  const sentinels = [{ host: silent.hostname, port: Number(silent.port) }, ...others];
  const streams = createStreams({ connection: { ...connection, sentinels } });
  t.teardown(() => streams.stop());
  await t.notThrowsAsync(streams.start());
  const jobs = numbered('jobs');
  const handled = inbox<number>('handled message');
  await running(
    t,
    streams.consumer(jobs, { group: 'g', handler: async ({ payload }) => handled.push(payload.n) as never }),
  );
  await streams.publisher(jobs).publish({ n: 1 });
  t.is(await handled.next(), 1);
});
