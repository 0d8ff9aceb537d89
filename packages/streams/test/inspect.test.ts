import { readdirSync, readFileSync } from 'node:fs';
import { until, useRedis } from '@backend2/testkit';
import test from 'ava';
import { runScript, scripts } from '../src/lua-script.ts';
import { redisMilliseconds } from './support/redis-time.ts';
import { gate, numbered, openStreams, running } from './support/streams.ts';

const jobs = numbered('jobs');

test('Field note 9: the inspector’s numbers are those of Redis, and what is settled is gone', async (t) => {
  const { url, client } = await useRedis(t);
  const inFlights: number[] = [];
  const streams = await openStreams(t, url, {
    observer: {
      consuming: ({ inFlight }) => {
        inFlights.push(inFlight());
        return () => inFlights.push(-1);
      },
    },
  });
  const { opened, open } = gate();
  t.like(await streams.inspect(jobs, 'g'), { length: 0, lag: 0, pending: 0, oldestMs: 0, consumers: [] });
  await streams.publisher(jobs).publishMany(Array.from({ length: 10 }, (_, n) => ({ payload: { n } })));
  await streams.publisher(jobs).publish({ n: 10 }, { delayMs: 60_000 });
  const consumer = await running(
    t,
    streams.consumer(jobs, {
      group: 'g',
      concurrency: 3,
      handler: async ({ payload: { n } }) => {
        if (n === 0) return { kind: 'dead', error: new Error('no') };
        await opened;
        return { kind: 'done' };
      },
    }),
  );
  const info = await until(
    async () => {
      const seen = await streams.inspect(jobs, 'g');
      return seen.dead === 1 && seen.pending === 3 && seen.oldestMs > 50 && seen;
    },
    { what: 'one dead and three in hand' },
  );
  t.like(info, { topic: 'jobs', group: 'g', length: 9, pending: 3, lag: 6, delayed: 1, dead: 1 });
  t.deepEqual(
    info.consumers.map(({ pending }) => pending),
    [3],
  );
  t.true(info.oldestMs < 60_000);
  open();
  await until(async () => (await streams.inspect(jobs, 'g')).length === 0, { what: 'all settled' });
  t.is(await client.xlen('app:{jobs}'), 0, 'what is acked is deleted, so the stream is its backlog');
  await consumer.stop();
  t.deepEqual(inFlights, [0, -1]);
});

test('the oldest that waits is the oldest that nobody has in hand, by the time of Redis', async (t) => {
  const { url, client } = await useRedis(t);
  const streams = await openStreams(t, url);
  const halves = numbered('halves', { partitions: 2 });
  const [stream, other] = ['app:{halves}', 'app:{halves.1}'] as const;
  /** By how many milliseconds the oldest is older than the oldest that waits; one script has seen both. */
  const inHandFor = async (group = 'g'): Promise<number> => {
    const { oldestMs, oldestWaitingMs } = await streams.inspect(halves, group);
    return oldestMs - oldestWaitingMs;
  };
  for (const id of ['1000-0', '2500-0', '4001-0', '7000-0']) await client.xadd(stream, id, 'm', 'm\n{"n":1}');
  await client.xgroup('CREATE', stream, 'g', '0');
  t.is(await inHandFor(), 0, 'all wait');
  const take = (count: number) =>
    client.xreadgroup('GROUP', 'g', 'me', 'COUNT', count, 'STREAMS', stream, '>');
  await take(2);
  t.is(await inHandFor(), 3001);
  t.is(await inHandFor('none'), 0, 'of a group that is not there none is in hand');
  await client.xdel(stream, '4001-0');
  t.is(await inHandFor(), 6000);

  const before = await redisMilliseconds(client);
  const { oldestWaitingMs } = await streams.inspect(halves, 'g');
  t.true(before - 7000 <= oldestWaitingMs && oldestWaitingMs <= (await redisMilliseconds(client)) - 7000);

  await take(1);
  t.like(await streams.inspect(halves, 'g'), { pending: 3, lag: 0, oldestWaitingMs: 0 });
  await client.xack(stream, 'g', '1000-0');
  await runScript(client, scripts.leave, [stream], ['g', 'me', '~released', 500]);
  await client.xadd(stream, '9000-0', 'm', 'm\n{"n":1}');
  t.is(await inHandFor(), 1500, 'what was handed back waits');

  await client.xadd(other, '500-0', 'm', 'm\n{"n":1}');
  const { oldestMs, oldestWaitingMs: eldest, partitions } = await streams.inspect(halves, 'g');
  t.is(oldestMs, eldest);
  t.deepEqual(
    partitions.map((one) => one.oldestMs - one.oldestWaitingMs),
    [1500, 0],
  );
});

test('every script says what it takes and returns, and touches no key it was not given', (t) => {
  const folder = new URL('../src/lua/', import.meta.url);
  for (const file of readdirSync(folder)) {
    const source = readFileSync(new URL(file, folder), 'utf8');
    const header = /^(?:--.*\n)+/.exec(source)?.[0] ?? '';
    const body = source.slice(header.length);
    const keys = Number(/-(\d+)\.lua$/.exec(file)?.[1]);
    for (let key = 1; key <= keys; key++) t.true(header.includes(`KEYS[${key}]`), `${file}: KEYS[${key}]`);
    t.regex(header, /ARGV/, file);
    t.regex(header, /Returns /, file);
    // A key made up inside a script might lie in another slot of a Cluster.
    t.notRegex(body, /redis\.p?call\('(?!TIME|INFO|XINFO|XGROUP)[A-Z]+', (?:'|"|.*\.\. *KEYS)/, file);
  }
});

test('scripts run by their digest, and are loaded anew by a server that forgot them', async (t) => {
  const { url, client } = await useRedis(t);
  const streams = await openStreams(t, url);
  const seen: number[] = [];
  await running(
    t,
    streams.consumer(jobs, { group: 'g', handler: async ({ payload }) => void seen.push(payload.n) }),
  );
  for (let n = 0; n < 3; n++) {
    await client.script('FLUSH');
    await streams.publisher(jobs).publishMany([{ payload: { n } }, { payload: { n } }]);
    await until(async () => (await streams.inspect(jobs, 'g')).length === 0 && seen.length === 2 * (n + 1), {
      what: 'all settled',
    });
  }
  t.deepEqual(seen, [0, 0, 1, 1, 2, 2]);
});
