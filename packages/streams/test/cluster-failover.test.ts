import { inbox, until, useCluster } from '@backend2/testkit';
import test from 'ava';
import { workThroughFailover } from './support/failover.ts';
import { numbered, openStreams, running } from './support/streams.ts';

test('a master of a Cluster dies under load and its replica takes over: work goes on on every partition', async (t) => {
  const cluster = await useCluster(t, { deaths: true });
  const streams = await openStreams(t, cluster.connection);
  const topic = numbered('jobs', { partitions: 4 });
  const { partitions } = await streams.inspect(topic, 'workers');
  const master = await cluster.masterOf(partitions[0]!.key);
  // Found by trying: a server and a broadcast on the node that dies.
  const names = Array.from({ length: 20 }, (_, index) => `rpc:echo-${index}`);
  const holders = await Promise.all(names.map((name) => cluster.masterOf(`app:{${name}}`)));
  const [name, other] = names.filter((_, index) => holders[index] === master) as [string, string];
  const heard = inbox<number>();
  const news = streams.broadcast(numbered(other));
  await running(t, news.subscribe({ handler: ({ payload }) => heard.push(payload.n) }));
  await running(t, streams.rpcServer({ name, group: 'echo', handler: async (_method, params) => params }));
  const caller = await running(t, streams.rpcClient());
  t.is(await caller.call(name, 'say', 'before', { timeoutMs: 10_000 }), 'before');

  const { safe, acknowledged, lost, results, repaired, lossesTold, after } = await workThroughFailover(t, {
    connection: cluster.connection,
    topic,
    fence: `${partitions[0]!.key}:fence`,
    master,
    takenOver: () => cluster.successorOf(master, partitions[0]!.key),
  });
  t.true(after >= 200);
  t.log(
    `${acknowledged.size} acknowledged, ${safe.size} safe, ${lost.length} lost, told ${lossesTold.length} times`,
  );
  // Results live on other nodes, appended before the ack: at least one each.
  t.deepEqual(
    [...safe].filter((n) => !results.has(n)),
    [],
  );
  t.true(lost.length < acknowledged.size / 2, `${lost.length} of ${acknowledged.size} lost`);
  t.true(lossesTold.every(({ topic: told, group }) => told === 'jobs' && group === 'workers'));
  t.deepEqual(
    [...acknowledged].filter((n) => !repaired.has(n)),
    [],
  );
  await news.publish({ n: 1 });
  t.is(await heard.next(60_000), 1);
  const answer = await until(() => caller.call(name, 'say', 'after', { timeoutMs: 2000 }), {
    timeoutMs: 60_000,
    what: 'an answer after the failover',
  });
  t.is(answer, 'after');
  const info = await streams.inspect(topic, 'workers');
  t.is(info.partitions.length, 4);
  t.is(info.consumers.length, 2);
});
