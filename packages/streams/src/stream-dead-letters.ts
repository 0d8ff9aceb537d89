import type { Redis } from 'ioredis';
import type { Engine } from './engine.ts';
import { decodeCore, encodeCore, entryText, type FailedAttempt, type Head } from './envelope.ts';
import { runScript, scripts } from './lua-script.ts';
import { allTopicKeys, type TopicKeys } from './topic-keys.ts';
import type { DeadLetter, DeadLetters, DeadReason, Topic } from './types.ts';

const perPage = 200;

interface Stored {
  readonly entryId: string;
  readonly publishedAt: string;
  readonly head: Head;
  readonly payload: string;
  readonly reason: DeadReason;
  readonly error: string;
  readonly history: readonly FailedAttempt[];
}

const headOf = (core: string, entryId: string): Head => {
  try {
    return decodeCore(core);
  } catch {
    // It may have died of this very head.
    return { id: entryId, attempt: 1, maxAttempts: 0, trace: undefined, history: [] };
  }
};

const stored = ([entryId, fields]: [string, string[]]): Stored => {
  const at = (name: string): string => fields[fields.indexOf(name) + 1] ?? '';
  return {
    entryId,
    publishedAt: fields[1] ?? '0',
    head: headOf(at('h'), entryId),
    payload: fields[5] ?? '',
    reason: (fields[7] ?? 'permanent') as DeadReason,
    error: fields[9] ?? '',
    history: JSON.parse(fields[11] ?? '[]') as FailedAttempt[],
  };
};

/** A topic's dead letters. With several partitions an entry id carries its partition: `<id>@<partition>`. */
export class StreamDeadLetters<T> implements DeadLetters<T> {
  readonly #engine: Engine;
  readonly #topic: Topic<T>;
  readonly #partitions: readonly TopicKeys[];

  constructor(engine: Engine, topic: Topic<T>) {
    this.#engine = engine;
    this.#topic = topic;
    this.#partitions = allTopicKeys(engine.prefix, topic);
  }

  async list({ after, limit = 100 }: { readonly after?: string; readonly limit?: number } = {}): Promise<
    DeadLetter<T>[]
  > {
    const [afterId, afterPartition] = after === undefined ? [undefined, 0] : this.#place(after);
    const letters: DeadLetter<T>[] = [];
    for (
      let partition = afterPartition;
      partition < this.#partitions.length && letters.length < limit;
      partition++
    ) {
      const from = partition === afterPartition && afterId !== undefined ? `(${afterId}` : '-';
      const page = await this.#page(partition, from, limit - letters.length);
      letters.push(...page.map((entry) => this.#letter(entry, partition)));
    }
    return letters;
  }

  redrive(entryIds: readonly string[] | 'all'): Promise<number> {
    return this.#each(entryIds, async (keys, entries) => {
      const args = entries.flatMap(({ entryId, publishedAt, head, payload, history }) => [
        entryId,
        publishedAt,
        entryText(encodeCore({ ...head, attempt: 1, history }), payload),
      ]);
      return Number(await runScript(this.#engine.commands, scripts.redrive, [keys.stream, keys.dead], args));
    });
  }

  discard(entryIds: readonly string[] | 'all'): Promise<number> {
    return this.#each(entryIds, (keys, entries) =>
      this.#engine.commands.xdel(keys.dead, ...entries.map(({ entryId }) => entryId)),
    );
  }

  async trim(keep: number): Promise<number> {
    const each = Math.ceil(keep / this.#partitions.length);
    const counts = await Promise.all(this.#partitions.map(({ dead }) => this.#trim(dead, each)));
    return counts.reduce((sum, count) => sum + count, 0);
  }

  /** Whole blocks of entries first, some thousands at a time, so that no one command holds Redis up for long. */
  async #trim(stream: string, keep: number): Promise<number> {
    let count = 0;
    for (;;) {
      const gone = await this.#engine.commands.xtrim(stream, 'MAXLEN', '~', keep);
      if (gone === 0) break;
      count += gone;
    }
    return count + (await this.#engine.commands.xtrim(stream, 'MAXLEN', keep));
  }

  async #each(
    entryIds: readonly string[] | 'all',
    act: (keys: TopicKeys, entries: readonly Stored[]) => Promise<number>,
  ): Promise<number> {
    let count = 0;
    for (const [partition, keys] of this.#partitions.entries()) {
      for await (const entries of entryIds === 'all'
        ? this.#all(partition)
        : this.#some(partition, entryIds)) {
        if (entries.length > 0) count += await act(keys, entries);
      }
    }
    return count;
  }

  /** Those that were dead when it began; what dies meanwhile is left for another time. */
  async *#all(partition: number): AsyncGenerator<readonly Stored[]> {
    const client = this.#engine.commands as Redis;
    const [last] = (await client.xrevrange(this.#partitions[partition]!.dead, '+', '-', 'COUNT', 1)) as [
      string,
      string[],
    ][];
    if (!last) return;
    let from = '-';
    for (;;) {
      const page = await this.#page(partition, from, perPage, last[0]);
      yield page;
      if (page.length < perPage) return;
      from = `(${page.at(-1)!.entryId}`;
    }
  }

  async *#some(partition: number, entryIds: readonly string[]): AsyncGenerator<readonly Stored[]> {
    const here = entryIds.map((entryId) => this.#place(entryId)).filter(([, of]) => of === partition);
    for (let from = 0; from < here.length; from += perPage) {
      const pages = await Promise.all(
        here.slice(from, from + perPage).map(([entryId]) => this.#page(partition, entryId, 1, entryId)),
      );
      yield pages.flat();
    }
  }

  async #page(partition: number, from: string, count: number, to = '+'): Promise<Stored[]> {
    const client = this.#engine.commands as Redis;
    const entries = await client.xrange(this.#partitions[partition]!.dead, from, to, 'COUNT', count);
    return (entries as [string, string[]][]).map(stored);
  }

  #place(entryId: string): [entryId: string, partition: number] {
    const [, id = '', partition = '0'] = /^(\d+-\d+)(?:@(\d+))?$/.exec(entryId) ?? [];
    if (id === '' || Number(partition) >= this.#partitions.length) {
      throw new Error(`"${entryId}" is not the entryId of a dead letter of "${this.#topic.name}".`);
    }
    return [id, Number(partition)];
  }

  #letter({ entryId, head, payload, reason, error, history }: Stored, partition: number): DeadLetter<T> {
    let parsed: T | undefined;
    try {
      parsed = this.#topic.parse(JSON.parse(payload));
    } catch {
      parsed = undefined;
    }
    return {
      entryId: this.#partitions.length === 1 ? entryId : `${entryId}@${partition}`,
      id: head.id,
      payload: parsed,
      raw: payload,
      reason,
      error,
      attempts: head.attempt,
      history,
      diedAt: Number.parseInt(entryId, 10),
    };
  }
}
