import { once } from './once.ts';
import type { RepositoryMaker } from './redis-entities.ts';

/** Results of finished subtasks, for as long as their lifetime; Postgres has them for ever. */
export interface TaskResultEntities {
  /** @param result anything JSON can hold. */
  save(taskId: string, ordinal: number, result: unknown): Promise<void>;
  /** Undefined where there is none (any more). */
  fetch(taskId: string, ordinal: number): Promise<unknown>;
  remove(taskId: string, ordinals: readonly number[]): Promise<void>;
}

const idOf = (taskId: string, ordinal: number) => `${taskId}:${ordinal}`;

export const taskResultEntities = (repository: RepositoryMaker, ttlSeconds: number): TaskResultEntities => {
  const results = once(() => repository('task_result', { result: { type: 'string' } }, ttlSeconds));
  return {
    save: async (taskId, ordinal, result) => {
      await (await results()).save(idOf(taskId, ordinal), { result: JSON.stringify(result) });
    },
    fetch: async (taskId, ordinal) => {
      const { result } = await (await results()).fetch(idOf(taskId, ordinal));
      return typeof result === 'string' ? (JSON.parse(result) as unknown) : undefined;
    },
    remove: async (taskId, ordinals) => {
      await (await results()).remove(ordinals.map((ordinal) => idOf(taskId, ordinal)));
    },
  };
};
