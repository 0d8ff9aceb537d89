import { useRedis } from '@backend2/testkit';
import test from 'ava';
import fc from 'fast-check';
import type { Redis } from 'ioredis';
import { createStreams } from '../src/index.ts';
import { runScript, scripts } from '../src/lua-script.ts';
import { topicKeys } from '../src/topic-keys.ts';
import { nextMillisecond } from './support/next-millisecond.ts';
import { numbered } from './support/streams.ts';

// The scripts against a model of what they promise. Time is moved by hand: an entry's idle time and a delay's end are set
// where they would be later, so that a history of stalls and delays takes milliseconds.

const group = 'g';
const results = 'results';
const leaseMs = 3_600_000;
const maxDeliveries = 3;
const room = 2;
const hour = 3_600_000;

type State = 'waiting' | 'pending' | 'delayed' | 'dead' | 'done';

interface Modelled {
  readonly n: number;
  state: State;
  owner: string;
  deliveries: number;
  attempt: number;
  expired: boolean;
  entryId: string;
}

const consumer = fc.constantFrom('a', 'b', 'c');
const step = fc.oneof(
  { weight: 4, arbitrary: fc.record({ do: fc.constant('publish' as const), delayed: fc.boolean() }) },
  fc.record({ do: fc.constant('publish again' as const) }),
  { weight: 5, arbitrary: fc.record({ do: fc.constant('read' as const), who: consumer }) },
  { weight: 3, arbitrary: fc.record({ do: fc.constant('stall' as const), who: consumer }) },
  { weight: 2, arbitrary: fc.record({ do: fc.constant('renew' as const), who: consumer }) },
  { weight: 4, arbitrary: fc.record({ do: fc.constant('tick' as const), who: consumer }) },
  {
    weight: 5,
    arbitrary: fc.record({
      do: fc.constant('settle' as const),
      who: consumer,
      how: fc.constantFrom('d' as const, 'r' as const, 'x' as const),
      newest: fc.boolean(),
    }),
  },
  fc.record({ do: fc.constant('leave' as const), who: consumer }),
  { weight: 2, arbitrary: fc.record({ do: fc.constant('time passes' as const) }) },
  fc.record({ do: fc.constant('redrive' as const) }),
  fc.record({ do: fc.constant('flush' as const) }),
);
type Step = typeof step extends fc.Arbitrary<infer S> ? S : never;

/** Long enough for a third delivery: that takes a stall and a claim twice over. */
const history = fc.array(step, { minLength: 5, maxLength: 60, size: 'max' });

const told = (one: Step): string => Object.values(one).join(' ');

const byEntry = (a: Modelled, b: Modelled): number => {
  const [ms = 0, seq = 0] = a.entryId.split('-').map(Number);
  const [otherMs = 0, otherSeq = 0] = b.entryId.split('-').map(Number);
  return ms - otherMs || seq - otherSeq;
};

class World {
  readonly messages: Modelled[] = [];
  /** In the order of the stream. */
  queue: Modelled[] = [];
  /** What a consumer believes to hold: entry id to message. */
  readonly hands = new Map<string, Map<string, Modelled>>();
  emitted = 0;
  readonly redis: Redis;
  readonly name: string;
  readonly keys: ReturnType<typeof topicKeys>;
  readonly out: string;

  constructor(redis: Redis, name: string) {
    this.redis = redis;
    this.name = name;
    this.keys = topicKeys('app:', name, 0);
    this.out = topicKeys('app:', `${name}-${results}`, 0).stream;
  }

  async begin(): Promise<void> {
    await this.redis.xgroup('CREATE', this.keys.stream, group, '0', 'MKSTREAM');
  }

  holds(who: string): Map<string, Modelled> {
    const held = this.hands.get(who) ?? new Map<string, Modelled>();
    this.hands.set(who, held);
    return held;
  }

  pending(): Modelled[] {
    return this.messages.filter(({ state }) => state === 'pending').toSorted(byEntry);
  }

  head({ n, attempt }: Modelled): string {
    return attempt === 1 ? `m${n}` : JSON.stringify([`m${n}`, attempt, 0, '']);
  }

  async publish(message: Modelled, delayMs: number, memory = false): Promise<void> {
    const { stream, delayed, once } = this.keys;
    const names = memory ? [stream, delayed, `${once}k${message.n}`] : [stream, delayed];
    const payload = JSON.stringify({ n: message.n });
    const id = `m${message.n}`;
    const args = [
      0,
      this.head(message),
      payload,
      delayMs,
      memory ? 3 : 0,
      memory ? hour : 0,
      id,
      `${id}-${Math.random()}`,
    ];
    await runScript(this.redis, scripts.publish, names, args);
  }

  async take(one: Step): Promise<void> {
    const { stream, delayed, dead } = this.keys;
    switch (one.do) {
      case 'publish': {
        const message: Modelled = {
          n: this.messages.length,
          state: one.delayed ? 'delayed' : 'waiting',
          owner: '',
          deliveries: 0,
          attempt: 1,
          expired: false,
          entryId: '',
        };
        await this.publish(message, one.delayed ? hour : 0, true);
        this.messages.push(message);
        if (!one.delayed) this.queue.push(message);
        return;
      }
      case 'publish again': {
        // Its key is remembered, so this writes nothing.
        const last = this.messages.at(-1);
        if (last) await this.publish(last, 0, true);
        return;
      }
      case 'read': {
        const reply = (await this.redis.xreadgroup(
          'GROUP',
          group,
          one.who,
          'COUNT',
          1,
          'STREAMS',
          stream,
          '>',
        )) as [string, [string, string[]][]][] | null;
        const got = reply?.[0]?.[1][0];
        const expected = this.queue.shift();
        if (got?.[1][3] !== (expected && JSON.stringify({ n: expected.n }))) {
          throw new Error(`read ${String(got?.[1][3])} where the oldest waiting is ${String(expected?.n)}`);
        }
        if (!got || !expected) return;
        Object.assign(expected, {
          state: 'pending',
          owner: one.who,
          deliveries: 1,
          expired: false,
          entryId: got[0],
        });
        this.checkAttempt(expected, got[1][1]!);
        this.holds(one.who).set(got[0], expected);
        return;
      }
      case 'stall':
        for (const message of this.pending().filter(({ owner }) => owner === one.who)) {
          await this.redis.call(
            'XCLAIM',
            stream,
            group,
            one.who,
            '0',
            message.entryId,
            'IDLE',
            String(2 * leaseMs),
            'JUSTID',
          );
          message.expired = true;
        }
        return;
      case 'renew': {
        const ids = [...this.holds(one.who).keys()];
        if (ids.length === 0) return;
        const lost = (await runScript(
          this.redis,
          scripts.renew,
          [stream],
          [group, one.who, ...ids],
        )) as string[];
        const ours = new Set(
          this.pending()
            .filter(({ owner }) => owner === one.who)
            .map(({ entryId }) => entryId),
        );
        this.same(
          'leases lost',
          lost,
          ids.filter((id) => !ours.has(id)),
        );
        for (const id of lost) this.holds(one.who).delete(id);
        for (const message of this.pending())
          if (ids.includes(message.entryId) && message.owner === one.who) message.expired = false;
        return;
      }
      case 'tick':
        return this.tick(one.who);
      case 'settle': {
        const held = [...this.holds(one.who).values()];
        const message = one.newest ? held.at(-1) : held[0];
        const entryId = [...this.holds(one.who)].find(([, of]) => of === message)?.[0];
        if (message && entryId !== undefined) await this.settle(one.who, entryId, message, one.how);
        return;
      }
      case 'leave': {
        await runScript(this.redis, scripts.leave, [stream], [group, one.who, '~released']);
        for (const message of this.pending().filter(({ owner }) => owner === one.who)) {
          Object.assign(message, { owner: '~released', expired: true, deliveries: message.deliveries - 1 });
        }
        this.holds(one.who).clear();
        return;
      }
      case 'time passes':
        for (const member of await this.redis.zrange(delayed, '0', '-1'))
          await this.redis.zadd(delayed, 'XX', 1, member);
        for (const message of await this.promote()) this.queue.push(message);
        return;
      case 'redrive': {
        const letters = (await this.redis.xrange(dead, '-', '+')) as [string, string[]][];
        const args: string[] = [];
        for (const [id, fields] of letters) {
          const message = this.messages[(JSON.parse(fields[5]!) as { n: number }).n]!;
          Object.assign(message, { state: 'waiting', attempt: 1, deliveries: 0 });
          this.queue.push(message);
          args.push(id, fields[1]!, this.head(message), fields[5]!);
        }
        if (args.length > 0) await runScript(this.redis, scripts.redrive, [stream, dead], args);
        return;
      }
      case 'flush': {
        // The owner publishes again what its books do not know as done.
        await this.redis.del(stream, delayed, dead);
        await nextMillisecond(this.redis);
        await this.begin();
        this.queue = this.messages.filter(({ state }) => state !== 'done');
        for (const message of this.queue) {
          Object.assign(message, {
            state: 'waiting',
            attempt: 1,
            deliveries: 0,
            owner: '',
            expired: false,
            entryId: '',
          });
          await this.publish(message, 0);
        }
        return;
      }
    }
  }

  /** Told to promote alone, a tick moves all that is due, oldest member first. */
  async promote(): Promise<Modelled[]> {
    const { stream, delayed } = this.keys;
    const members = await this.redis.zrange(delayed, '0', '-1');
    await runScript(
      this.redis,
      scripts.tick,
      [stream, delayed],
      [group, 'a', 1e12, maxDeliveries, 0, 0, 500],
    );
    return members.map((member) => {
      const message = this.messages[(JSON.parse(member.split('\n')[2]!) as { n: number }).n]!;
      if (message.state !== 'delayed') throw new Error(`${message.n} was promoted and is ${message.state}`);
      return Object.assign(message, { state: 'waiting' as const });
    });
  }

  async tick(who: string): Promise<void> {
    const { stream, delayed } = this.keys;
    const reply = await runScript(
      this.redis,
      scripts.tick,
      [stream, delayed],
      [group, who, leaseMs, maxDeliveries, room, 1, 500],
    );
    const flat = (reply as [number, number, (string | number)[]])[2];
    const expected: Modelled[] = [];
    let [free, suspects] = [room, 1];
    for (const message of this.pending()) {
      if (!message.expired || message.owner === who) continue;
      const delivery = message.deliveries + 1;
      const plain = delivery < maxDeliveries || delivery === 1;
      if (delivery <= maxDeliveries && (free === 0 || (!plain && suspects === 0))) continue;
      if (delivery <= maxDeliveries) free--;
      if (delivery === maxDeliveries) suspects--;
      expected.push(message);
    }
    this.same(
      'claimed (entry, delivery)',
      flat.flatMap((id, at) => (at % 4 === 0 ? [`${id} ${flat[at + 1]}`] : [])),
      expected.map(({ entryId, deliveries }) => `${entryId} ${deliveries + 1}`),
    );
    for (const message of expected) {
      Object.assign(message, { owner: who, deliveries: message.deliveries + 1, expired: false });
      this.holds(who).set(message.entryId, message);
      if (message.deliveries > maxDeliveries) await this.settle(who, message.entryId, message, 'x');
    }
  }

  async settle(who: string, entryId: string, message: Modelled, how: 'd' | 'r' | 'x'): Promise<void> {
    const { stream, delayed, dead } = this.keys;
    const payload = JSON.stringify({ n: message.n });
    const next = JSON.stringify([`m${message.n}`, message.attempt + 1, 0, '']);
    const what = {
      d: [],
      r: [hour, 1, next, payload],
      x: [1, this.head(message), payload, 'permanent', 'Error: x', '[]'],
    }[how];
    const args = [group, who, how, entryId, ...what, 1, 4, 'e', payload, 0, 0];
    const lost = (await runScript(
      this.redis,
      scripts.settle,
      [stream, delayed, dead, this.out],
      args,
    )) as number[];
    this.holds(who).delete(entryId);
    const current = message.state === 'pending' && message.entryId === entryId;
    const counts = current && (how === 'd' || message.owner === who);
    this.same('outcomes refused', lost, counts ? [] : [0]);
    if (!counts) return;
    this.emitted++;
    message.entryId = '';
    message.expired = false;
    message.state = ({ d: 'done', r: 'delayed', x: 'dead' } as const)[how];
    if (how === 'r') message.attempt++;
  }

  checkAttempt(message: Modelled, head: string): void {
    const core = head.startsWith('@') ? head.slice(head.indexOf(';') + 1) : head;
    this.same('head', [core], [this.head(message)]);
  }

  same(what: string, found: readonly unknown[], expected: readonly unknown[]): void {
    const [is, should] = [JSON.stringify(found), JSON.stringify(expected)];
    if (is !== should) throw new Error(`${what}: ${is}, and the model says ${should}`);
  }

  count(state: State): number {
    return this.messages.filter((message) => message.state === state).length;
  }
}

test('whatever happens in whatever order, the scripts do as the model says', async (t) => {
  const { url, client } = await useRedis(t);
  const streams = createStreams({ connection: { kind: 'single', url } });
  t.teardown(() => streams.stop());
  let drawn = 0;
  const holds = fc.asyncProperty(history, async (steps) => {
    const world = new World(client, `model-${drawn++}`);
    await world.begin();
    for (const [at, one] of steps.entries()) {
      try {
        await world.take(one);
        const { length, pending, delayed, dead } = await streams.inspect(numbered(world.name), group);
        world.same(
          'length, pending, delayed, dead, emitted',
          [length, pending, delayed, dead, await client.xlen(world.out)],
          [
            world.count('waiting') + world.count('pending'),
            world.count('pending'),
            world.count('delayed'),
            world.count('dead'),
            world.emitted,
          ],
        );
      } catch (error) {
        const soFar = steps.slice(0, at + 1).map((each, index) => `${index + 1}. ${told(each)}`);
        throw new Error(`${soFar.join('\n')}\n${(error as Error).message}`, { cause: error });
      }
    }
  });
  await fc.assert(holds, {
    numRuns: 500,
    interruptAfterTimeLimit: 120_000,
    markInterruptAsFailure: true,
    includeErrorInReport: true,
  });
  t.true(drawn >= 500);
});
