import { setTimeout as wait } from 'node:timers/promises';
import type { Redis } from 'ioredis';
import { aborted } from './aborted.ts';
import { Batcher } from './batcher.ts';
import type { Engine } from './engine.ts';
import { errorText } from './envelope.ts';
import { runScript, scripts, type ScriptArgument } from './lua-script.ts';
import type { Outgoing } from './outgoing.ts';
import { isGroupMissing, isTransient, isWrongType, type RedisClient } from './redis-connection.ts';
import type { TopicKeys } from './topic-keys.ts';
import type { DeadReason } from './types.ts';

/** What is to become of an entry. */
export type Settlement = {
  readonly entryId: string;
  readonly emits: readonly Outgoing[];
  /** Told once Redis has it; false where another consumer had settled or taken the entry before. */
  readonly done: (settled: boolean) => void;
} & (
  | { readonly op: 'done' }
  | {
      readonly op: 'retry';
      readonly delayMs: number;
      readonly publishedAt: number;
      readonly text: string;
    }
  | {
      readonly op: 'dead';
      readonly publishedAt: number;
      readonly head: string;
      readonly payload: string;
      readonly reason: DeadReason;
      readonly error: string;
      readonly history: string;
    }
);

/** Settlements in one script. */
const perScript = 200;

/** Brings the outcomes of one consumer on one partition to Redis; says them again until Redis has them or it is told to give up. */
export class Settler {
  readonly #engine: Engine;
  readonly #keys: TopicKeys;
  readonly #group: string;
  readonly #consumer: string;
  readonly #batcher: Batcher<Settlement>;
  readonly #giveUp: AbortSignal;

  constructor(engine: Engine, keys: TopicKeys, group: string, consumer: string, giveUp: AbortSignal) {
    this.#engine = engine;
    this.#keys = keys;
    this.#group = group;
    this.#consumer = consumer;
    this.#giveUp = giveUp;
    this.#batcher = new Batcher((batch) => this.#flush(batch), perScript, 2);
  }

  push(settlement: Settlement): void {
    this.#batcher.push(settlement);
  }

  /** Sends what waits now over this client, whose owner is about to read: both then share a round trip. */
  sendOver(client: RedisClient): void {
    this.#batcher.sendBy((batch) => this.#flush(batch, client));
  }

  /** Until `release` what is pushed waits for `sendOver`: a reply is on its way after which there will be one. */
  hold(): void {
    this.#batcher.hold();
  }

  release(): void {
    this.#batcher.release();
  }

  /** Resolves when nothing waits or is under way, or when it is told to give up: a connection that died may not say so. */
  async idle(): Promise<void> {
    await Promise.race([this.#batcher.idle(), aborted(this.#giveUp)]);
  }

  async #flush(batch: readonly Settlement[], firstOver = this.#engine.commands): Promise<void> {
    const lost = await this.#untilTaken(batch, firstOver);
    // It may be the fault of one of them, and the others need not wait until that is mended.
    if (lost === 'apart') await Promise.all(batch.map((item) => this.#flush([item])));
    else batch.forEach((item, index) => item.done(lost !== 'all' && !lost.has(index)));
  }

  /**
   * Answers which of the batch were not ours to settle, or `apart` where each is to be said by itself.
   * @param firstOver the client of the first try; later ones go over the shared one.
   */
  async #untilTaken(
    batch: readonly Settlement[],
    firstOver: RedisClient,
  ): Promise<ReadonlySet<number> | 'all' | 'apart'> {
    for (let failures = 0; ; failures++) {
      const client = failures === 0 ? firstOver : this.#engine.commands;
      try {
        return batch.every((item) => item.op === 'done' && item.emits.length === 0)
          ? await this.#ack(batch, client)
          : await this.#settle(batch, client);
      } catch (error) {
        if (isGroupMissing(error) || this.#giveUp.aborted) return 'all';
        this.#engine.warn('settling failed and is tried again', {
          stream: this.#keys.stream,
          error: errorText(error),
        });
        if (batch.length > 1 && isWrongType(error)) return 'apart';
        const pause = isTransient(error) ? Math.min(50 * 2 ** failures, 1000) : 1000;
        await wait(pause, undefined, { signal: this.#giveUp }).catch(() => undefined);
      }
    }
  }

  async #ack(batch: readonly Settlement[], client: RedisClient): Promise<ReadonlySet<number>> {
    const ids = batch.map(({ entryId }) => entryId).join(' ');
    const acked = Number(
      await runScript(client, scripts.ack, [this.#keys.stream], [this.#group, ids], this.#engine.commands),
    );
    // Which ones were lost is not worth a command each: nothing was to be emitted.
    return acked === batch.length || batch.length > 1 ? nothingLost : onlyLost;
  }

  async #settle(batch: readonly Settlement[], client: RedisClient): Promise<ReadonlySet<number>> {
    if (!this.#engine.colocated) await this.#emitFirst(batch);
    const names = [this.#keys.stream, this.#keys.delayed, this.#keys.dead];
    const args: ScriptArgument[] = [this.#group, this.#consumer];
    for (const item of batch) {
      switch (item.op) {
        case 'done':
          args.push('d', item.entryId);
          break;
        case 'retry':
          args.push('r', item.entryId, item.delayMs, item.publishedAt, item.text);
          break;
        case 'dead':
          args.push(
            'x',
            item.entryId,
            item.publishedAt,
            item.head,
            item.payload,
            item.reason,
            item.error,
            item.history,
          );
          break;
      }
      const emits = this.#engine.colocated ? item.emits : [];
      args.push(emits.length);
      for (const emit of emits) {
        let index = names.indexOf(emit.key);
        if (index < 0) index = names.push(emit.key) - 1;
        args.push(index + 1, emit.text, emit.keep, emit.expiryMs);
      }
    }
    return new Set((await runScript(client, scripts.settle, names, args, this.#engine.commands)) as number[]);
  }

  /** In a Cluster another stream lives on another node: appended before the ack, so at least once and not atomic. */
  async #emitFirst(batch: readonly Settlement[]): Promise<void> {
    const emitting = batch.filter(({ emits }) => emits.length > 0);
    const refused = await this.#notHeld(emitting.filter(({ op }) => op !== 'done'));
    const appends = emitting.flatMap((item) =>
      refused.has(item) ? [] : item.emits.map((emit) => this.#append(emit)),
    );
    const failed = (await Promise.allSettled(appends)).find(({ status }) => status === 'rejected');
    if (failed) throw (failed as PromiseRejectedResult).reason;
  }

  /** A retry or a death counts only from the holder: what another has by now is not to emit either. */
  async #notHeld(items: readonly Settlement[]): Promise<ReadonlySet<Settlement>> {
    const client = this.#engine.commands as Redis;
    const notHeld = await Promise.all(
      items.map(async (item) => {
        const { entryId } = item;
        const { stream } = this.#keys;
        const held = await client.xpending(stream, this.#group, entryId, entryId, 1, this.#consumer);
        return held.length === 0 ? [item] : [];
      }),
    );
    return new Set(notHeld.flat());
  }

  async #append(emit: Outgoing): Promise<void> {
    const { key, text, keep, expiryMs } = emit;
    const { commands } = this.#engine;
    const append = async (): Promise<void> => {
      if (keep > 0) await commands.xadd(key, 'MAXLEN', '~', keep, '*', 'm', text);
      else await commands.xadd(key, '*', 'm', text);
      emit.appended = true;
    };
    await Promise.all([emit.appended || append(), expiryMs > 0 && commands.pexpire(key, expiryMs)]);
  }
}

const nothingLost: ReadonlySet<number> = new Set();
const onlyLost: ReadonlySet<number> = new Set([0]);
