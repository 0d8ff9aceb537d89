import { inbox, type TestCluster, until, useCluster } from '@backend2/testkit';
import test, { type ExecutionContext } from 'ava';
import { Cluster } from 'ioredis';
import { type Message, PermanentError, RpcRemoteError, RpcTimeoutError, type Streams } from '../src/index.ts';
import { partitionOf } from '../src/topic-keys.ts';
import { gate, numbered, openStreams, running, type Numbered } from './support/streams.ts';

const quick = { baseMs: 1, maxMs: 5 };
const releases: (() => void | Promise<void>)[] = [];
let cluster: TestCluster;

// One Cluster for the file: every test has topics of its own.
test.before(async () => {
  cluster = await useCluster({ teardown: (release) => releases.push(release) });
});

test.after.always(async () => {
  for (const release of releases.toReversed()) await release();
});

const open = (t: ExecutionContext): Promise<Streams> => openStreams(t, cluster.connection);

const client = (t: ExecutionContext): Cluster => {
  const connected = new Cluster([...cluster.connection.nodes]);
  t.teardown(() => connected.disconnect());
  return connected;
};

test.serial(
  'the keys of a partition share a slot, and the partitions of a topic spread over the masters',
  async (t) => {
    const streams = await open(t);
    const wide = numbered('wide', { partitions: 8 });
    const redis = client(t);
    await streams.publisher(wide).publishMany(Array.from({ length: 80 }, (_, n) => ({ payload: { n } })));
    const { partitions, length } = await streams.inspect(wide, 'g');
    t.is(length, 80);
    const holders = new Set<number>();
    for (const { key, length: own } of partitions) {
      t.is(own, 10);
      const slots = await Promise.all(
        [key, `${key}:delayed`, `${key}:dead`, `${key}:once:k`].map((each) => redis.cluster('KEYSLOT', each)),
      );
      t.is(new Set(slots).size, 1, key);
      holders.add((await cluster.masterOf(key)).port);
    }
    t.is(holders.size, 3);
  },
);

test.serial(
  'messages at once, delayed, deduplicated, retried and dead go their ways on every partition',
  async (t) => {
    const streams = await open(t);
    const ways = numbered('ways', { partitions: 4 });
    const runs = inbox<Message<Numbered>>('run');
    const publisher = streams.publisher(ways);
    const once = { deduplicate: { key: 'k', ttlMs: 60_000 } };
    await publisher.publishMany([
      ...Array.from({ length: 20 }, (_, n) => ({ payload: { n } })),
      ...Array.from({ length: 20 }, (_, n) => ({ payload: { n: 100 + n }, options: { delayMs: 200 } })),
    ]);
    const first = await publisher.publish({ n: 200 }, once);
    t.is(await publisher.publish({ n: 201 }, once), first);
    t.is((await Array.fromAsync(streams.contents(ways))).length, 41);

    await running(
      t,
      streams.consumer(ways, {
        group: 'g',
        concurrency: 8,
        maxAttempts: 2,
        backoff: quick,
        handler: async (message) => {
          runs.push(message);
          // The even ones fail once, every fifth for good.
          if (message.payload.n % 5 === 0 || (message.payload.n % 2 === 0 && message.attempt === 1)) {
            throw new Error(`not ${message.payload.n}`);
          }
        },
      }),
    );
    const letters = streams.deadLetters(ways);
    const dead = [0, 5, 10, 15, 100, 105, 110, 115, 200];
    await until(async () => {
      const info = await streams.inspect(ways, 'g');
      return info.length + info.delayed === 0 && info.dead === dead.length;
    });
    const list = await letters.list();
    t.deepEqual(
      list.map(({ payload }) => payload!.n).toSorted((a, b) => a - b),
      dead,
    );
    t.true(list.every(({ history, reason }) => history.length === 2 && reason === 'attempts-exhausted'));
    const counts = Map.groupBy(runs.all, ({ payload }) => payload.n);
    t.is(counts.size, 41);
    for (const [n, of] of counts) t.is(of.length, n % 5 === 0 || n % 2 === 0 ? 2 : 1, String(n));

    t.is(await letters.discard([list[0]!.entryId, list.at(-1)!.entryId]), 2);
    t.is(await letters.redrive('all'), dead.length - 2);
    await until(async () => (await letters.list()).length === dead.length - 2);
    t.is(runs.all.length, [...counts.values()].flat().length + 2 * (dead.length - 2));
  },
);

test.serial(
  'what a message emits stands in a stream on another node before the message is gone',
  async (t) => {
    const streams = await open(t);
    const redis = client(t);
    const sources = numbered('sources');
    // Found by trying: a topic whose slot is another master's.
    const names = Array.from({ length: 20 }, (_, index) => `emitted-${index}`);
    const home = await cluster.masterOf('app:{sources}');
    const away = await Promise.all(names.map((name) => cluster.masterOf(`app:{${name}}`)));
    const emitted = numbered(names[away.findIndex((server) => server !== home)]!);
    await running(
      t,
      streams.consumer(sources, {
        group: 'g',
        concurrency: 8,
        handler: async ({ payload }) => ({ kind: 'done', emit: [{ topic: emitted, payload }] }),
      }),
    );
    const numbers = Array.from({ length: 50 }, (_, n) => n);
    await streams.publisher(sources).publishMany(numbers.map((n) => ({ payload: { n } })));
    await until(async () => (await redis.xlen('app:{sources}')) === 0);
    const contents = await Array.fromAsync(streams.contents(emitted));
    t.deepEqual(
      contents.map(({ payload }) => payload.n).toSorted((a, b) => a - b),
      numbers,
    );
  },
);

/** Topics whose streams are on another node than that of `name`. */
const away = async (name: string, count: number): Promise<string[]> => {
  const home = await cluster.masterOf(`app:{${name}}`);
  const names = Array.from({ length: 30 }, (_, index) => `${name}-out-${index}`);
  const masters = await Promise.all(names.map((each) => cluster.masterOf(`app:{${each}}`)));
  return names.filter((_, index) => masters[index] !== home).slice(0, count);
};

test.serial('a death that another consumer’s claim forestalled emits nothing on other nodes', async (t) => {
  const streams = await open(t);
  const redis = client(t);
  const claimed = numbered('claimed');
  const [out = ''] = await away('claimed', 1);
  const { opened, open: release } = gate();
  t.teardown(release);
  const consumer = await running(
    t,
    streams.consumer(claimed, {
      group: 'g',
      leaseMs: 600_000,
      handler: async () => {
        await opened;
        throw new PermanentError('no');
      },
      onDead: ({ message }) => [{ topic: numbered(out), payload: message.payload }],
    }),
  );
  await streams.publisher(claimed).publish({ n: 1 });
  await until(() => consumer.inFlight === 1, { what: 'the message in hand' });
  const [[entryId]] = (await redis.xrange('app:{claimed}', '-', '+')) as [[string, string[]]];
  await redis.call('XCLAIM', 'app:{claimed}', 'g', 'another', '0', entryId, 'JUSTID');
  release();
  await until(() => consumer.inFlight === 0, { what: 'the outcome refused' });
  t.is(await redis.xlen(`app:{${out}}`), 0);
  t.like(await streams.inspect(claimed, 'g'), { length: 1, pending: 1, dead: 0 });
});

test.serial('of several emits only the one that failed is appended again', async (t) => {
  const warned = inbox<unknown>('warning');
  const streams = await openStreams(t, cluster.connection, {
    onWarning: (_message, { error }) => warned.push(error),
  });
  const redis = client(t);
  const several = numbered('several');
  const [good = '', broken = ''] = await away('several', 2);
  await redis.set(`app:{${broken}}`, 'no stream');
  await running(
    t,
    streams.consumer(several, {
      group: 'g',
      handler: async ({ payload }) => ({
        kind: 'done',
        emit: [good, broken].map((name) => ({ topic: numbered(name), payload })),
      }),
    }),
  );
  await streams.publisher(several).publish({ n: 1 });
  for (const error of await warned.take(2)) t.regex(String(error), /WRONGTYPE/);
  await redis.del(`app:{${broken}}`);
  await until(async () => (await redis.xlen('app:{several}')) === 0, { what: 'the message settled' });
  t.deepEqual(await Promise.all([good, broken].map((name) => redis.xlen(`app:{${name}}`))), [1, 1]);
});

test.serial(
  'a deep partition does not keep the others waiting, even where slots are fewer than partitions',
  async (t) => {
    const streams = await open(t);
    const partitions = 6;
    const depth = 1000;
    const topic = numbered('uneven', { partitions });
    const deep = partitionOf('deep', partitions);
    const others = Array.from({ length: 100 }, (_, index) => `k${index}`).filter(
      (key) => partitionOf(key, partitions) !== deep,
    );
    await streams
      .publisher(topic)
      .publishMany([
        ...Array.from({ length: depth }, (_, n) => ({ payload: { n }, options: { partitionKey: 'deep' } })),
        ...others.map((partitionKey, n) => ({ payload: { n: depth + n }, options: { partitionKey } })),
      ]);
    const order: number[] = [];
    await running(
      t,
      streams.consumer(topic, {
        group: 'g',
        concurrency: 1,
        handler: async ({ payload }) => void order.push(payload.n),
      }),
    );
    await until(() => order.length === depth + others.length, { timeoutMs: 60_000, what: 'all handled' });
    const meanwhile = order
      .slice(
        0,
        order.findLastIndex((n) => n >= depth),
      )
      .filter((n) => n < depth).length;
    // Each other partition has about 17, so an even share lets the deep one run about as many beside them, and some tens where
    // the readers of the others are slow to begin. Were they kept waiting it would be nearly all.
    t.true(meanwhile < depth / 2, `${meanwhile} of the deep partition ran before the last of the others`);
  },
);

test.serial('a batch consumer takes the messages of all partitions', async (t) => {
  const streams = await open(t);
  const topic = numbered('batched', { partitions: 3 });
  const seen: number[] = [];
  await running(
    t,
    streams.batchConsumer(topic, {
      group: 'g',
      batchSize: 20,
      handler: async (messages) => void seen.push(...messages.map(({ payload }) => payload.n)),
    }),
  );
  await streams.publisher(topic).publishMany(Array.from({ length: 90 }, (_, n) => ({ payload: { n } })));
  await until(async () => (await streams.inspect(topic, 'g')).length === 0);
  t.deepEqual(
    seen.toSorted((a, b) => a - b),
    Array.from({ length: 90 }, (_, n) => n),
  );
});

test.serial(
  'what a consumer held is taken by another, at once after a stop and after the lease when it vanished',
  async (t) => {
    const streams = await open(t);
    const topic = numbered('handed-over', { partitions: 3 });
    const holding = gate();
    const stopping = streams.consumer(topic, {
      group: 'g',
      concurrency: 6,
      leaseMs: 60_000,
      handler: async () => holding.opened,
    });
    await running(t, stopping);
    t.teardown(holding.open);
    await streams.publisher(topic).publishMany(Array.from({ length: 6 }, (_, n) => ({ payload: { n } })));
    await until(() => stopping.inFlight === 6);
    await stopping.stop(AbortSignal.abort());

    // One that vanishes: it read and is never heard of again.
    const redis = client(t);
    for (const { key } of (await streams.inspect(topic, 'g')).partitions) {
      await redis.xadd(key, '*', 'm', `lost-${key}\n{"n":9}`);
      const read = await redis.call('XREADGROUP', 'GROUP', 'g', 'vanished', 'STREAMS', key, '>');
      t.truthy(read);
    }
    const seen = inbox<Message<Numbered>>('seen message');
    await running(
      t,
      streams.consumer(topic, {
        group: 'g',
        concurrency: 4,
        leaseMs: 300,
        handler: async (message) => seen.push(message),
      }),
    );
    const taken = await seen.take(9);
    for (const { payload, delivery } of taken) t.is(delivery, payload.n === 9 ? 2 : 1);
    await until(async () => (await streams.inspect(topic, 'g')).length === 0);
  },
);

test.serial('calls find their servers and replies their callers across nodes, many at once', async (t) => {
  const streams = await open(t);
  await running(
    t,
    streams.rpcServer({
      name: 'rpc:doubler',
      group: 'doubler',
      concurrency: 32,
      handler: async (method, params) => {
        if (method === 'refuse') throw new RangeError('too far');
        return (params as number) * 2;
      },
      encodeError: (error) =>
        error instanceof RangeError ? { code: 'too_far', message: error.message } : undefined,
    }),
  );
  const callers = [await running(t, streams.rpcClient()), await running(t, streams.rpcClient())];
  const numbers = Array.from({ length: 100 }, (_, n) => n);
  for (const caller of callers) {
    const replies = await Promise.all(
      numbers.map((n) => caller.call('rpc:doubler', 'double', n, { timeoutMs: 20_000 })),
    );
    t.deepEqual(
      replies,
      numbers.map((n) => n * 2),
    );
  }
  const error = await t.throwsAsync(callers[0]!.call('rpc:doubler', 'refuse', null, { timeoutMs: 20_000 }), {
    instanceOf: RpcRemoteError,
  });
  t.is(error.code, 'too_far');
  await t.throwsAsync(callers[0]!.call('rpc:nobody', 'any', null, { timeoutMs: 50 }), {
    instanceOf: RpcTimeoutError,
  });
  // What nobody waits for is taken back.
  const redis = client(t);
  await until(async () => (await redis.xlen('app:{rpc:nobody}')) === 0);
});

test.serial('every subscriber sees every message, and one that comes later resumes', async (t) => {
  const streams = await open(t);
  const news = streams.broadcast(numbered('news'));
  const heard = [inbox<number>('heard message'), inbox<number>('heard message')];
  for (const each of heard) {
    await running(t, news.subscribe({ handler: ({ payload }) => each.push(payload.n) }));
  }
  const ids = await Promise.all([1, 2, 3].map((n) => news.publish({ n })));
  await news.publishMany([{ n: 4 }, { n: 5 }]);
  for (const each of heard) t.deepEqual(await each.take(5), [1, 2, 3, 4, 5]);
  const late = inbox<number>('message heard late');
  await running(t, news.subscribe({ from: ids[1]!, handler: ({ payload }) => late.push(payload.n) }));
  t.deepEqual(await late.take(3), [3, 4, 5]);
  const { messages, complete } = await news.read(ids[2]!, 10);
  t.deepEqual(
    messages.map(({ payload }) => payload.n),
    [4, 5],
  );
  t.true(complete);
  t.is(await news.newest(), messages.at(-1)!.entryId);
});
