import { readdirSync, readFileSync } from 'node:fs';
import { until, useRedis } from '@backend2/testkit';
import test from 'ava';
import { gate, numbered, openStreams, running } from './support/streams.ts';

const jobs = numbered('jobs');

test('Field note 9: the inspector’s numbers are those of Redis, and what is settled is gone', async (t) => {
  const { url, client } = await useRedis(t);
  const running_: number[] = [];
  const streams = await openStreams(t, url, {
    observer: {
      consuming: ({ inFlight }) => {
        running_.push(inFlight());
        return () => running_.push(-1);
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
  t.deepEqual(running_, [0, -1]);
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
