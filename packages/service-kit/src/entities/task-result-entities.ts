import type { RedisClient } from '@backend2/streams';
import { once } from './once.ts';
import type { RepositoryMaker } from './redis-entities.ts';
import { ringScript, saveScript } from './task-result-scripts.ts';

interface TaskResultEntity {
  readonly ordinal: number;
  /** Anything JSON can hold. */
  readonly outcome: unknown;
}

/** Rises when what was kept of a task is no longer so. */
export type Generation = string;

/** Of a task of which nothing was ever undone; also the one to keep under where none is known, since an old one only is refused. */
export const firstGeneration: Generation = '0';

/**
 * Outcomes of finished subtasks: each for its lifetime, all within a budget of memory, the oldest giving way. Postgres
 * has them for ever, so that any may be missing here.
 */
export interface TaskResultEntities {
  /**
   * @param generation known since before the outcomes were written to Postgres: what `forget` undid meanwhile is not kept.
   * @returns the generation that holds; where it is another nothing was kept.
   */
  keep(
    taskId: string,
    ownerId: string,
    generation: Generation,
    results: readonly TaskResultEntity[],
  ): Promise<Generation>;
  /** Undefined where there is none (any more). */
  fetch(
    taskId: string,
    ordinal: number,
  ): Promise<{ readonly ownerId: string; readonly outcome: unknown } | undefined>;
  /** All of a task's, those included that another process is about to keep. To be called after the change is committed. */
  forget(taskId: string): Promise<Generation>;
}

export interface TaskResultBounds {
  readonly ttlSeconds: number;
  /** About what all may take of Redis's memory, in bytes. */
  readonly budget: number;
}

/** Larger ones are Postgres's alone: few would fill the budget. */
const largest = 16_384;
/** What Redis spends on a small hash with its key, its expiry and its place in the ring. */
const overhead = 520;
/** Entities that one script saves or notes; more would hold up other clients. */
const perScript = 250;

export const taskResultEntities = (
  repository: RepositoryMaker,
  redis: RedisClient,
  prefix: string,
  { ttlSeconds, budget }: TaskResultBounds,
): TaskResultEntities => {
  const name = 'task_result';
  const entities = once(() =>
    repository(
      name,
      { ownerId: { type: 'string' }, generation: { type: 'string' }, outcome: { type: 'string' } },
      ttlSeconds,
    ),
  );
  // All of a task's keys share a slot, so that one script may touch them.
  const idOf = (taskId: string, ordinal: number): string => `{${taskId}}:${ordinal}`;
  const keyOf = (id: string): string => `${prefix}${name}:${id}`;
  const generationKey = (taskId: string): string => `${prefix}${name}:{${taskId}}`;
  const ring = [`${prefix}{${name}_ring}`, `${prefix}{${name}_ring}:bytes`] as const;

  const generation = async (taskId: string): Promise<Generation> =>
    (await redis.get(generationKey(taskId))) ?? firstGeneration;

  const save = (
    taskId: string,
    ownerId: string,
    of: Generation,
    results: readonly { readonly id: string; readonly outcome: string }[],
  ): Promise<Generation> => {
    const keys = [generationKey(taskId), ...results.map(({ id }) => keyOf(id))];
    const args = [of, ownerId, ttlSeconds, ...results.map(({ outcome }) => outcome)];
    return redis.eval(saveScript, keys.length, ...keys, ...args) as Promise<Generation>;
  };

  /** Notes what was kept, and removes the oldest that the budget has no room for. */
  const makeRoom = async (kept: readonly { readonly id: string; readonly outcome: string }[]) => {
    const notes = kept.map(({ id, outcome }) => `${id} ${outcome.length + overhead}`);
    const bytes = kept.reduce((sum, { outcome }) => sum + outcome.length + overhead, 0);
    const over = (await redis.eval(ringScript, 2, ...ring, budget, ttlSeconds, bytes, ...notes)) as string[];
    const byTask = Map.groupBy(over, (id) => id.slice(0, id.indexOf('}')));
    await Promise.all([...byTask.values()].map((ids) => redis.unlink(...ids.map(keyOf))));
  };

  return {
    keep: async (taskId, ownerId, of, results) => {
      const small = results
        .map(({ ordinal, outcome }) => ({ id: idOf(taskId, ordinal), outcome: JSON.stringify(outcome) }))
        .filter(({ outcome }) => outcome.length <= largest);
      const parts = Array.from({ length: Math.ceil(small.length / perScript) }, (_, part) =>
        small.slice(part * perScript, (part + 1) * perScript),
      );
      const saved = parts.map((some) => save(taskId, ownerId, of, some));
      const [holds] = await Promise.all([Promise.all(saved), ...parts.map(makeRoom)]);
      return holds.find((held) => held !== of) ?? of;
    },
    fetch: async (taskId, ordinal) => {
      const repo = await entities();
      const [entity, now] = await Promise.all([repo.fetch(idOf(taskId, ordinal)), generation(taskId)]);
      const { ownerId, outcome } = entity;
      if (typeof ownerId !== 'string' || typeof outcome !== 'string' || entity['generation'] !== now)
        return undefined;
      return { ownerId, outcome: JSON.parse(outcome) as unknown };
    },
    forget: async (taskId) => {
      // Longer than anything kept under an earlier generation.
      const key = generationKey(taskId);
      const replies = await redis
        .multi()
        .incr(key)
        .expire(key, ttlSeconds * 2)
        .exec();
      return String(replies?.[0]?.[1]);
    },
  };
};
