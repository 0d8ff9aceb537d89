import type { Redis } from 'ioredis';
import type { Streams } from '../../src/index.ts';
import { decodeHead, entryText, splitEntryText, type StampedHead } from '../../src/envelope.ts';
import { runScript, type ScriptArgument, scripts } from '../../src/lua-script.ts';
import { isGroupMissing } from '../../src/redis-connection.ts';
import { releasedName, tick } from '../../src/tick.ts';
import { topicKeys } from '../../src/topic-keys.ts';
import { consumerNames } from './consumer-names.ts';
import { hour, outcomeArguments, payloadIn, payloadOf, textOf } from './model-settlement.ts';
import type { Step } from './model-steps.ts';
import { bounds, claim, group, leaseMs, turn, turnOfPromoting } from './model-turn.ts';
import { nextMillisecond } from './redis-time.ts';
import {
  type Held,
  type How,
  maxDeliveries,
  maxLength,
  type Modelled,
  same,
  StreamModel,
} from './stream-model.ts';
import { numbered } from './streams.ts';

const releaseMost = 2;
const wholeStream = 1_000_000;

type Entry = readonly [entryId: string, fields: readonly string[]];

/**
 * Takes each step with the scripts and with the model, and says where they differ. Time is moved by hand: an entry's idle
 * time and a delay's end are set where they would be later, so that a history of stalls and delays takes milliseconds.
 */
export class World {
  readonly model = new StreamModel();
  readonly name: string;
  readonly #redis: Redis;
  readonly #streams: Streams;
  readonly #keys: ReturnType<typeof topicKeys>;
  readonly #out: string;
  readonly #hands = new Map<string, Map<string, Held<StampedHead>>>();
  /** Where each consumer's next page of pending entries begins. */
  readonly #lookFrom = new Map<string, string>();
  #remembered: Modelled | undefined;
  #errors = 0;

  constructor(redis: Redis, streams: Streams, name: string) {
    this.#redis = redis;
    this.#streams = streams;
    this.name = name;
    this.#keys = topicKeys('app:', name, 0);
    this.#out = topicKeys('app:', `${name}-out`, 0).stream;
  }

  async begin(): Promise<void> {
    await this.#redis.xgroup('CREATE', this.#keys.stream, group, '0', 'MKSTREAM');
  }

  async take(step: Step): Promise<void> {
    switch (step.do) {
      case 'publish':
        return this.#publish(step.count, step.delayed, step.remembered);
      case 'publish again':
        return this.#publishAgain();
      case 'read':
        return this.#needingGroup(() => this.#read(step.who, step.count, step.unheard));
      case 'stall':
        return this.#stall(step.who);
      case 'renew':
        return this.#renew(step.who);
      case 'tick':
        return this.#needingGroup(() => this.#tick(step.who, step.unheard));
      case 'recover':
        return this.#needingGroup(() => this.#recover(step.who, step.most));
      case 'settle': {
        const held = [...this.#holds(step.who)];
        if (step.newestFirst) held.reverse();
        return this.#settle(step.who, held.slice(0, step.hows.length), step.hows, 'permanent', step.unheard);
      }
      case 'ack':
        return this.#ack(step.who, step.count, step.unheard);
      case 'leave':
        return this.#leave(step.who);
      case 'reap':
        return this.#reap();
      case 'time passes':
        return this.#timePasses();
      case 'redrive':
        return this.#redrive(step.all);
      case 'flush':
        await this.#redis.del(this.#keys.stream, this.#keys.delayed, this.#keys.dead);
        // An entry id of before would name another message.
        await nextMillisecond(this.#redis);
        this.model.flush();
        return undefined;
    }
  }

  /** What Redis holds in numbers is what the model holds. */
  async compare(): Promise<void> {
    const [info, emitted] = await Promise.all([
      this.#streams.inspect(numbered(this.name), group),
      this.#redis.xlen(this.#out),
    ]);
    same(
      'length, pending, delayed, dead, emitted',
      [info.length, info.pending, info.delayed, info.dead, emitted],
      [
        this.model.count('waiting', 'pending'),
        this.model.count('pending'),
        this.model.count('delayed'),
        this.model.count('dead'),
        this.model.emitted.length,
      ],
    );
  }

  /** A last consumer takes all there is to its end: whatever was accepted is done or dead then, and never both. */
  async drain(): Promise<void> {
    const { model } = this;
    if (!model.groupThere) await this.#makeGroup();
    for (const owner of new Set(model.pending().map((message) => message.owner))) await this.#stall(owner);
    while (model.count('waiting', 'pending', 'delayed') > 0) {
      await this.#timePasses();
      await this.#tick('last', false);
      await this.#read('last', wholeStream, false);
      const held = [...this.#holds('last')];
      const hows = held.map(([, { message }]): How => {
        if (message.n % 3 === 0) return 'x';
        return message.n % 3 === 1 && message.attempt < 3 ? 'r' : 'd';
      });
      await this.#settle('last', held, hows, 'permanent', false);
    }
    await this.compare();
    const letters = await this.#streams.deadLetters(numbered(this.name)).list({ limit: wholeStream });
    same(
      'dead letters (number, attempts, history)',
      letters.map(({ payload, attempts, history }) => [
        payload?.n,
        attempts,
        history.map((f) => [f.attempt, f.error]),
      ]),
      model.dead.map(({ n, attempt, history }) => [n, attempt, history]),
    );
    const emitted = (await this.#redis.xrange(this.#out, '-', '+')) as unknown as Entry[];
    same(
      'emitted',
      emitted.map(([, fields]) => payloadIn(fields[1]!)),
      model.emitted.map((of) => JSON.stringify(of)),
    );
    same('neither done nor dead', [model.messages.length], [model.count('done', 'dead')]);
  }

  #holds(who: string): Map<string, Held<StampedHead>> {
    const held = this.#hands.get(who) ?? new Map<string, Held<StampedHead>>();
    this.#hands.set(who, held);
    return held;
  }

  /** A reader that finds its group gone makes it again, and the owner is told. */
  async #needingGroup(act: () => Promise<void>): Promise<void> {
    if (this.model.groupThere) return act();
    await this.#fails(tick(this.#redis, { ...turn, keys: this.#keys, consumer: 'a' }, claim));
    await this.#makeGroup();
  }

  async #makeGroup(): Promise<void> {
    await this.begin();
    for (const message of this.model.makeGroup()) await this.#write(0, [message], 0, false);
  }

  async #fails(command: Promise<unknown>): Promise<void> {
    const error = await command.then(
      () => undefined,
      (cause: unknown) => cause,
    );
    if (!isGroupMissing(error)) throw new Error(`without its group: ${String(error)}`, { cause: error });
  }

  async #publish(count: number, isDelayed: boolean, remembered: boolean): Promise<void> {
    const first = this.model.messages.length;
    const accepted = this.model.publish(count, isDelayed);
    const offered = Array.from({ length: count }, (_, index) => ({ n: first + index }));
    const written =
      isDelayed || remembered
        ? await this.#write(maxLength, offered, isDelayed ? hour : 0, remembered)
        : await runScript(
            this.#redis,
            scripts.append,
            [this.#keys.stream, this.#keys.delayed],
            [maxLength, 0, ...offered.flatMap(({ n }) => [textOf(n)])],
          );
    same('written', [Array.isArray(written) ? written[0] : written], [accepted.length]);
    if (remembered) this.#remembered = accepted.at(-1) ?? this.#remembered;
  }

  #write(most: number, messages: readonly { readonly n: number }[], delayMs: number, remembered: boolean) {
    const { stream, delayed, once } = this.#keys;
    const names = [stream, delayed];
    const args: ScriptArgument[] = [most];
    for (const { n } of messages) {
      const memory = remembered ? names.push(`${once}k${n}`) : 0;
      args.push(textOf(n), delayMs, memory, memory && hour, `m${n}`, `m${n}-${Math.random()}`);
    }
    return runScript(this.#redis, scripts.publish, names, args);
  }

  /** Its publisher did not hear that it was written; its key is remembered, so this writes nothing. */
  async #publishAgain(): Promise<void> {
    if (!this.#remembered) return;
    const { n } = this.#remembered;
    const answer = await this.#write(maxLength, [{ n }], 0, true);
    same('published before', answer as unknown[], [1, 0, `m${n}`]);
  }

  async #read(who: string, count: number, unheard: boolean): Promise<void> {
    const { stream } = this.#keys;
    const reply = await this.#redis.xreadgroup('GROUP', group, who, 'COUNT', count, 'STREAMS', stream, '>');
    const entries = ((reply as [string, Entry[]][] | null)?.[0]?.[1] ?? []) as readonly Entry[];
    const expected = this.model.read(who, count);
    same(
      'read',
      entries.map(([, fields]) => payloadIn(fields[1]!)),
      expected.map(({ n }) => payloadOf(n)),
    );
    for (const [index, message] of expected.entries()) {
      const [entryId, fields] = entries[index]!;
      message.entryId = entryId;
      this.#hand(who, message, fields[1]!, unheard);
    }
  }

  #hand(who: string, message: Modelled, text: string, unheard: boolean): void {
    const head = decodeHead(splitEntryText(text).head, message.entryId);
    same(
      'id, attempt, history',
      [head.id, head.attempt, head.history.map(({ attempt, error }) => [attempt, error])],
      [`m${message.n}`, message.attempt, message.history],
    );
    if (!unheard) this.#holds(who).set(message.entryId, { message, head });
  }

  async #stall(who: string): Promise<void> {
    const ids = this.model.stall(who).map(({ entryId }) => entryId);
    if (ids.length === 0) return;
    const idle = ['IDLE', String(2 * leaseMs), 'JUSTID'];
    await this.#redis.call('XCLAIM', this.#keys.stream, group, who, '0', ...ids, ...idle);
  }

  async #renew(who: string): Promise<void> {
    const ids = [...this.#holds(who).keys()];
    if (ids.length === 0) return;
    const renewal = runScript(this.#redis, scripts.renew, [this.#keys.stream], [group, who, ...ids]);
    if (!this.model.groupThere) return this.#fails(renewal);
    const lost = (await renewal) as string[];
    same('leases lost', lost, this.model.renew(who, ids));
    for (const id of lost) this.#holds(who).delete(id);
  }

  async #tick(who: string, unheard: boolean): Promise<void> {
    const from = this.#lookFrom.get(who) ?? '-';
    const left = await this.#claim(who, unheard, claim.room, 0, from);
    if (left !== '') await this.#claim(who, unheard, 0, 1, left);
  }

  async #claim(who: string, unheard: boolean, room: number, suspects: number, from: string): Promise<string> {
    const of = { ...turn, keys: this.#keys, consumer: who };
    const { claimed, lookFrom, suspect } = await tick(this.#redis, of, { room, suspects, from }, bounds);
    const expected = this.model.claim(who, room, suspects, bounds.page, from);
    same('next page, suspect left', [lookFrom, suspect], [expected.next, expected.suspect]);
    this.#lookFrom.set(who, lookFrom);
    await this.#taken('claimed', who, claimed, expected.claimed, unheard);
    return suspect;
  }

  async #recover(who: string, most: number): Promise<void> {
    const known = this.#holds(who);
    const given = [group, who, most, maxDeliveries, releasedName, ...known.keys()];
    const reply = await runScript(this.#redis, scripts.recover, [this.#keys.stream], given);
    const [more, found] = reply as [number, (string | number)[]];
    const [expectedMore, expected] = this.model.recover(who, known, most);
    same('more to recover', [more === 1], [expectedMore]);
    await this.#taken('recovered', who, found, expected, false);
  }

  /** Of a script that hands over `id, delivery, text, …`; what is past its deliveries is buried at once. */
  async #taken(
    what: string,
    who: string,
    flat: readonly (string | number)[],
    expected: readonly Modelled[],
    unheard: boolean,
  ): Promise<void> {
    same(
      `${what} (entry, delivery, payload)`,
      flat.map((value, at) => (at % 3 === 2 ? payloadIn(String(value)) : value)),
      expected.flatMap(({ entryId, deliveries, n }) => [entryId, deliveries, payloadOf(n)]),
    );
    for (const [index, message] of expected.entries()) {
      this.#hand(who, message, String(flat[3 * index + 2]), unheard);
    }
    if (unheard) return;
    const past = [...this.#holds(who)].filter(
      ([entryId, { message }]) =>
        expected.includes(message) && message.entryId === entryId && message.deliveries > maxDeliveries,
    );
    await this.#settle(
      who,
      past,
      past.map(() => 'x' as const),
      'deliveries-exhausted',
      false,
    );
  }

  async #settle(
    who: string,
    held: readonly (readonly [string, Held<StampedHead>])[],
    hows: readonly How[],
    reason: string,
    unheard: boolean,
  ): Promise<void> {
    if (held.length === 0) return;
    const { stream, delayed, dead } = this.#keys;
    const args: ScriptArgument[] = [group, who];
    const refused: number[] = [];
    let onlyDone = true;
    for (const [index, [entryId, { message, head }]] of held.entries()) {
      const how = hows[index]!;
      const error = new Error(`e${this.#errors++}`);
      if (how !== 'd') onlyDone = false;
      args.push(how === 'r0' ? 'r' : how, entryId, ...outcomeArguments(how, message, head, error, reason));
      args.push(1, 4, entryText('e', JSON.stringify({ n: message.n, how })), 0, 0);
      if (!this.model.settle(who, entryId, message, how, `Error: ${error.message}`, true))
        refused.push(index);
    }
    const settlement = runScript(this.#redis, scripts.settle, [stream, delayed, dead, this.#out], args);
    if (this.model.groupThere || onlyDone) {
      same('outcomes refused', (await settlement) as number[], refused);
    } else await this.#fails(settlement);
    // Who did not hear says it again, and is refused then.
    if (!unheard) for (const [entryId] of held) this.#holds(who).delete(entryId);
  }

  async #ack(who: string, count: number, unheard: boolean): Promise<void> {
    const held = [...this.#holds(who)].slice(0, count);
    if (held.length === 0) return;
    const ids = held.map(([entryId]) => entryId);
    const acked = await runScript(this.#redis, scripts.ack, [this.#keys.stream], [group, ids.join(' ')]);
    const counted = held.filter(([entryId, { message }]) =>
      this.model.settle(who, entryId, message, 'd', '', false),
    );
    same('acked', [acked], [counted.length]);
    if (!unheard) for (const id of ids) this.#holds(who).delete(id);
  }

  async #leave(who: string): Promise<void> {
    const { stream } = this.#keys;
    const release = () =>
      runScript(this.#redis, scripts.leave, [stream], [group, who, releasedName, releaseMost]);
    this.#holds(who).clear();
    if (!this.model.groupThere) return this.#fails(release());
    let calls = 1;
    while ((await release()) === 0) calls++;
    same('calls', [calls], [Math.floor(this.model.pending(who).length / releaseMost) + 1]);
    this.model.leave(who);
    same('its name is there', [(await this.#names()).includes(who)], [false]);
  }

  async #reap(): Promise<void> {
    if (!this.model.groupThere) return;
    const before = await this.#names();
    const given = [group, 0, releasedName, 500];
    const counts = (await runScript(this.#redis, scripts.reap, [this.#keys.stream], given)) as number[];
    const after = before.filter((name) => name === releasedName || this.model.pending(name).length > 0);
    same('names', await this.#names(), after);
    same('names removed and left', counts, [before.length - after.length, after.length]);
  }

  #names(): Promise<string[]> {
    return consumerNames(this.#redis, this.#keys.stream, group);
  }

  /** Every delay is over; a tick that claims nothing promotes. */
  async #timePasses(): Promise<void> {
    if (!this.model.groupThere) return;
    const { delayed } = this.#keys;
    const members = () => this.#redis.zrange(delayed, '0', '-1');
    for (const member of await members()) await this.#redis.zadd(delayed, 'XX', 1, member);
    const inOrder = await members();
    await tick(this.#redis, { ...turnOfPromoting, keys: this.#keys, consumer: 'a' }, { ...claim, room: 0 });
    this.model.promote(inOrder.map((member) => (JSON.parse(member.split('\n')[2]!) as { n: number }).n));
  }

  async #redrive(all: boolean): Promise<void> {
    const letters = this.#streams.deadLetters(numbered(this.name));
    const chosen = all ? 'all' : (await letters.list({ limit: 1 })).map(({ entryId }) => entryId);
    same('redriven', [await letters.redrive(chosen)], [this.model.redrive(all ? wholeStream : 1)]);
  }
}
