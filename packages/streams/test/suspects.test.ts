import { fileURLToPath } from 'node:url';
import { runProcess, until, useRedis } from '@backend2/testkit';
import test from 'ava';
import { scripts } from '../src/lua-script.ts';
import { Slots } from '../src/slots.ts';
import { SuspectTurn } from '../src/suspect-turn.ts';
import { partitionOf } from '../src/topic-keys.ts';
import { consumerNames } from './support/consumer-names.ts';
import { monitorCommands } from './support/redis-monitor.ts';
import { numbered, openStreams, running } from './support/streams.ts';

const poisoned = fileURLToPath(new URL('fixtures/poisoned-consumer.ts', import.meta.url));
const partitions = 2;
const jobs = numbered('jobs', { partitions });
const streamsOf = ['app:{jobs}', 'app:{jobs.1}'];

test('of two messages that kill their consumers on two partitions neither takes another with it', async (t) => {
  const { url } = await useRedis(t);
  const streams = await openStreams(t, url);
  const all = Array.from({ length: 12 }, (_, n) => n);
  const on = (partition: number) => all.filter((n) => partitionOf(`k${n}`, partitions) === partition);
  const poison = [on(0)[1]!, on(1)[1]!];
  await streams
    .publisher(jobs)
    .publishMany(all.map((n) => ({ payload: { n }, options: { partitionKey: `k${n}` } })));
  const env = { STREAMS_URL: url, PARTITIONS: String(partitions), POISON: poison.join() };
  const settled = async (): Promise<boolean> => (await streams.inspect(jobs, 'g')).length === 0;
  while (!(await settled())) {
    const life = runProcess(t, poisoned, { env });
    const over = until(settled, { what: 'all settled', timeoutMs: 60_000 }).then(() => life.kill('SIGKILL'));
    await Promise.race([life.exited, over]);
  }
  const dead = await streams.deadLetters(jobs).list();
  t.deepEqual(new Set(dead.map(({ payload }) => payload?.n)), new Set(poison));
  t.is(dead.length, poison.length);
  t.is((await streams.inspect(numbered('results'), 'none')).length, all.length - poison.length);
});

test('an entry on its last delivery runs beside no other, on whichever partition', async (t) => {
  const { url, client } = await useRedis(t);
  const streams = await openStreams(t, url);
  const maxDeliveries = 3;
  for (const key of streamsOf) {
    await client.xgroup('CREATE', key, 'g', '0', 'MKSTREAM');
    for (let n = 0; n < 2; n++) await client.xadd(key, '*', 'm', `m${n}\n{"n":${n}}`);
    await client.xreadgroup('GROUP', 'g', 'lost', 'STREAMS', key, '>');
    const ids = (await client.xrange(key, '-', '+')).map(([id]) => id);
    const lost = ['IDLE', '1200000', 'RETRYCOUNT', String(maxDeliveries - 1), 'JUSTID'];
    await client.call('XCLAIM', key, 'g', 'lost', '0', ...ids, ...lost);
  }
  await streams.publisher(jobs).publishMany(Array.from({ length: 20 }, (_, n) => ({ payload: { n } })));
  const commands = await monitorCommands(t, url);
  const ticks = () => commands.filter(({ first }) => first === scripts.tick.digest).length;
  let [inHand, handled] = [0, 0];
  let suspect = false;
  const beside: string[] = [];
  await running(
    t,
    streams.consumer(jobs, {
      group: 'g',
      concurrency: 4,
      leaseMs: 600_000,
      maxDeliveries,
      handler: async ({ delivery }) => {
        const last = delivery === maxDeliveries;
        inHand++;
        if (suspect || (last && inHand > 1)) beside.push(`${inHand} in hand, delivery ${delivery}`);
        suspect ||= last;
        // Long enough for both partitions to look for more.
        const before = ticks();
        if (last) await until(() => ticks() >= before + 3 * partitions, { what: 'ticks on both partitions' });
        else await client.ping();
        inHand--;
        if (last) suspect = false;
        handled++;
      },
    }),
  );
  await until(() => handled === 24, { what: 'all handled' });
  t.deepEqual(beside, []);
});

test('an entry whose last delivery was handed over by a reply that got lost runs beside no other', async (t) => {
  const { url, client } = await useRedis(t);
  const streams = await openStreams(t, url);
  const [leaseMs, maxDeliveries] = [600_000, 3];
  const single = numbered('single');
  const stream = 'app:{single}';
  await client.xgroup('CREATE', stream, 'g', '0', 'MKSTREAM');
  await client.xadd(stream, '*', 'm', 'm\n{"n":1}');
  await client.xreadgroup('GROUP', 'g', 'lost', 'STREAMS', stream, '>');
  const [[entryId]] = (await client.xrange(stream, '-', '+')) as [[string, string[]]];
  const commands = await monitorCommands(t, url);
  const ticks = () => commands.filter(({ first }) => first === scripts.tick.digest).length;
  const inHand = new Set<number>();
  const seen: string[] = [];
  await running(
    t,
    streams.consumer(single, {
      group: 'g',
      concurrency: 3,
      leaseMs,
      maxDeliveries,
      handler: async ({ payload: { n }, delivery }) => {
        inHand.add(n);
        seen.push(`${n}, delivery ${delivery}, in hand ${[...inHand].join()}`);
        if (n === 1) {
          await streams.publisher(single).publish({ n: 2 });
          const before = ticks();
          await until(() => ticks() >= before + 3, { what: 'ticks while it runs' });
        }
        inHand.delete(n);
      },
    }),
  );
  await streams.publisher(single).publish({ n: 0 });
  await until(() => seen.length === 1, { what: 'the consumer known to Redis' });
  const [name = ''] = (await consumerNames(client, stream, 'g')).filter((one) => one !== 'lost');
  // As a claim of its own whose reply it never got.
  const handed = ['IDLE', String(2 * leaseMs), 'RETRYCOUNT', String(maxDeliveries), 'JUSTID'];
  await client.call('XCLAIM', stream, 'g', name, '0', entryId, ...handed);
  await until(() => seen.length === 3, { what: 'all handled' });
  t.deepEqual(seen.slice(1), ['1, delivery 3, in hand 1', '2, delivery 1, in hand 2']);
});

test('an entry that is to run by itself waits for what runs, but not for ever', async (t) => {
  const claimed: string[] = [];
  const claim = async (entryId: string): Promise<number> => claimed.push(entryId);
  for (const [patienceMs, has] of [
    [2 ** 30, false],
    [0, true],
  ] as const) {
    const slots = new Slots(3);
    const turn = new SuspectTurn(slots, patienceMs);
    t.is(slots.take(1), 1);
    turn.seen('1-0');
    t.true(turn.wanted);
    t.is(slots.take(1), 0, 'nothing more is read');
    t.is(await turn.take(claim), has);
    slots.give(1);
    t.is(await turn.take(claim), !has);
    t.is(slots.take(1), 0, 'it has them all');
    turn.seen('2-0');
    t.false(turn.wanted, 'what was read before comes first');
    slots.settle();
    slots.leaveAll();
    t.is(slots.take(3), 3);
  }
  t.deepEqual(claimed, ['1-0', '1-0']);
});

test('where others took the entry that was to run by itself, reading goes on', async (t) => {
  const slots = new Slots(3);
  const turn = new SuspectTurn(slots, 0);
  for (const claim of [async () => 0, () => Promise.reject(new Error('out of reach'))]) {
    turn.seen('1-0');
    await turn.take(claim).catch(() => undefined);
    t.is(slots.take(3), 3);
    slots.give(3);
  }
});
