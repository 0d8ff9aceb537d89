import { freePort, inbox, soonest, startOwnRedis, until, useRedis } from '@backend2/testkit';
import test from 'ava';
import { createStreams, RedisUnavailableError } from '../src/index.ts';
import { consumerNames } from './support/consumer-names.ts';
import { gate, numbered, openStreams, running } from './support/streams.ts';
import { tcpProxy } from './support/tcp-proxy.ts';

const jobs = numbered('jobs');
const results = numbered('results');
/** A reader waits for 2 seconds and the shared connection for 4; one that waited as long again would be late. */
const withinSeconds = 8000;

test('Field note 7: half-open connections are noticed within seconds, and work goes on over new ones', async (t) => {
  const { url, client } = await useRedis(t);
  const proxy = await tcpProxy(t, url);
  const reconnected = inbox<string>('reconnection');
  const streams = await openStreams(t, proxy.url, {
    observer: { reconnected: (topic) => reconnected.push(topic) },
  });
  const direct = await openStreams(t, url);
  const handled = inbox<number>('handled message');
  let settled = gate();
  const consumer = await running(
    t,
    streams.consumer(jobs, {
      group: 'g',
      concurrency: 2,
      handler: async ({ payload }) => {
        handled.push(payload.n);
        if (payload.n === 1) await settled.opened;
        return { kind: 'done', emit: [{ topic: results, payload }] };
      },
    }),
  );
  const heard = inbox<number>('heard message');
  const broadcast = numbered('news');
  await running(
    t,
    streams.broadcast(broadcast).subscribe({ handler: ({ payload }) => heard.push(payload.n) }),
  );
  let tries = 0;
  const noticedAfterMs = await soonest(withinSeconds, async () => {
    tries++;
    settled = gate();
    await direct.publisher(jobs).publish({ n: 1 });
    t.is(await handled.next(), 1);

    proxy.freeze();
    const frozenAt = performance.now();
    await direct.publisher(jobs).publish({ n: 2 });
    await direct.broadcast(broadcast).publish({ n: 3 });
    settled.open();
    t.is(await handled.next(), 2);
    t.is(await heard.next(), 3);
    // Outcomes that were on their way over a connection that died are said again.
    await until(async () => (await client.xlen('app:{results}')) === 2 * tries, { what: 'both results' });
    return performance.now() - frozenAt;
  });
  t.true(noticedAfterMs < withinSeconds, `${noticedAfterMs} ms`);
  t.true(reconnected.all.includes('jobs'));
  t.is(await client.xlen('app:{jobs}'), 0);
  await until(() => consumer.inFlight === 0, { what: 'their slots free' });
});

test('an entry whose delivery was lost with its connection is run by the consumer it was meant for', async (t) => {
  const { url, client } = await useRedis(t);
  const proxy = await tcpProxy(t, url);
  const streams = await openStreams(t, proxy.url);
  const direct = await openStreams(t, url);
  const handled = inbox<number>('handled message');
  await running(
    t,
    streams.consumer(jobs, {
      group: 'g',
      concurrency: 2,
      leaseMs: 600_000,
      handler: async ({ payload }) => handled.push(payload.n) as never,
    }),
  );
  await direct.publisher(jobs).publish({ n: 4 });
  t.is(await handled.next(), 4);
  const lost = proxy.loseReply('{"n":5}');
  await direct.publisher(jobs).publish({ n: 5 });
  await lost;
  t.is(await handled.next(), 5);
  await until(async () => (await client.xlen('app:{jobs}')) === 0, { what: 'all settled' });
});

test('an entry handed over for a read that was given up is run by the consumer it was meant for', async (t) => {
  const { url, client } = await useRedis(t);
  const streams = await openStreams(t, url);
  const handled = inbox<number>('handled message');
  const { opened, open } = gate();
  await running(
    t,
    streams.consumer(jobs, {
      group: 'g',
      leaseMs: 600,
      handler: async ({ payload }) => {
        handled.push(payload.n);
        if (payload.n === 1) await opened;
      },
    }),
  );
  await streams.publisher(jobs).publish({ n: 1 });
  t.is(await handled.next(), 1);
  // With its one slot in use it reads nothing by itself.
  const [name = ''] = await consumerNames(client, 'app:{jobs}', 'g');
  await streams.publisher(jobs).publish({ n: 2 });
  t.truthy(await client.xreadgroup('GROUP', 'g', name, 'STREAMS', 'app:{jobs}', '>'));
  open();
  t.is(await handled.next(), 2);
  await until(async () => (await client.xlen('app:{jobs}')) === 0, { what: 'all settled' });
});

test('a start on a half-open connection fails within seconds and leaves nothing running', async (t) => {
  const { url } = await useRedis(t);
  const proxy = await tcpProxy(t, url);
  proxy.freezeAll();
  const streams = createStreams({ connection: { kind: 'single', url: proxy.url } });
  t.teardown(() => streams.stop());
  // Ten seconds and two looks: more than one in use is given, as nobody starts it again.
  const enoughMs = 13_000;
  const failedAfterMs = await soonest(enoughMs, async () => {
    const consumer = streams.consumer(jobs, { group: 'g', handler: async () => undefined });
    const client = streams.rpcClient();
    const startedAt = performance.now();
    await Promise.all([
      t.throwsAsync(consumer.start(), { message: /no reply in time/ }),
      t.throwsAsync(client.start(), { message: /no reply in time/ }),
    ]);
    return performance.now() - startedAt;
  });
  t.true(failedAfterMs < enoughMs, `${failedAfterMs} ms`);
});

test('Field note 6: a consumer reads on after its connections were cut, again and again', async (t) => {
  const { url } = await useRedis(t);
  const proxy = await tcpProxy(t, url);
  const streams = await openStreams(t, proxy.url);
  const direct = await openStreams(t, url);
  const handled = inbox<number>('handled message');
  const consumer = await running(
    t,
    streams.consumer(jobs, {
      group: 'g',
      concurrency: 5,
      handler: async ({ payload }) => handled.push(payload.n),
    }),
  );
  for (let n = 0; n < 5; n++) {
    proxy.cut();
    await direct.publisher(jobs).publish({ n });
    t.is(await handled.next(), n);
    await until(async () => (await direct.inspect(jobs, 'g')).length === 0, { what: 'all settled' });
  }
  t.deepEqual(handled.all, [0, 1, 2, 3, 4]);
  await until(() => consumer.idleMs() < 2000, { what: 'a read loop that turns' });
});

test('idleMs tells how long the read loop has not turned: little when idle, full or paused, much when Redis is silent', async (t) => {
  const redis = await startOwnRedis(t, { durable: false });
  const streams = await openStreams(t, redis.url);
  const { opened, open } = gate();
  t.teardown(open);
  const consumer = await running(
    t,
    streams.consumer(jobs, { group: 'g', concurrency: 1, handler: () => opened }),
  );
  /** It goes up while a turn lasts and falls with the next. */
  const turns = async (when: string): Promise<void> => {
    const longestMs = await soonest(1500, async () => {
      let before = 0;
      let fallen = 0;
      let longest = 0;
      await until(
        () => {
          const idle = consumer.idleMs();
          if (idle < before) fallen++;
          before = idle;
          longest = Math.max(longest, idle);
          return fallen === 3;
        },
        { what: `a loop that turns when ${when}` },
      );
      return longest;
    });
    t.true(longestMs < 1500, `${longestMs} ms when ${when}`);
  };
  await turns('idle');
  await streams.publisher(jobs).publish({ n: 1 });
  await until(() => consumer.inFlight === 1, { what: 'the message in hand' });
  await turns('full');
  consumer.setConcurrency(0);
  await turns('paused');
  redis.pause();
  t.teardown(() => redis.resume());
  await until(() => consumer.idleMs() > 1800, { what: 'a loop that does not turn' });
  redis.resume();
  t.truthy(await until(() => consumer.idleMs() < 500, { what: 'a loop that turns' }));
});

for (const kind of ['sentinel', 'cluster'] as const) {
  test(`starting is refused in time where nothing of a ${kind} answers`, async (t) => {
    const hosts = [{ host: '127.0.0.1', port: await freePort() }];
    const streams = createStreams({
      connection: kind === 'cluster' ? { kind, nodes: hosts } : { kind, sentinels: hosts, master: 'main' },
    });
    t.teardown(() => streams.stop());
    const refused = streams.start().catch((error: unknown) => error);
    t.true(
      (await until(() => refused, { timeoutMs: 30_000, what: 'a refusal' })) instanceof RedisUnavailableError,
    );
  });
}
