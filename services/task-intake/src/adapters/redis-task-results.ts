import { keptOutcomeSchema, type KeptOutcome, type Principal, type SubtaskResult } from '@backend2/contracts';
import type { Generation, Log, TaskResultEntities } from '@backend2/service-kit';
import type { Progress } from '../domain/merge-results.ts';
import { artifactViewOf, type TaskRow } from './task-rows.ts';

const outcomeOf = (progress: Progress): KeptOutcome | undefined => {
  const { state, attempt, result, error, artifacts, finishedAt, durationMs } = progress;
  if (state !== 'succeeded' && state !== 'failed') return undefined;
  return {
    state,
    attempt,
    result,
    error,
    artifacts: artifacts.map(({ key: _key, sha256: _sha256, ...artifact }) => artifact),
    finishedAt: finishedAt === null ? null : new Date(finishedAt).toISOString(),
    durationMs,
  };
};

/**
 * The result backend: what finished lately, answered without Postgres. It may lack anything, and a failure of it stops
 * nobody; so nothing here rejects but `forget`.
 */
export interface TaskResults {
  /** Before the batch is written to Postgres; what it returns keeps what was written. */
  begin(taskIds: readonly string[]): Promise<KeepResults>;
  find(principal: Principal, taskId: string, ordinal: number): Promise<SubtaskResult | undefined>;
  /** After a change that undoes results was committed. */
  forget(taskId: string): Promise<void>;
}
export type KeepResults = (
  written: readonly Progress[],
  tasks: ReadonlyMap<string, Pick<TaskRow, 'owner_id'>>,
) => Promise<void>;

export const redisTaskResults = (
  entities: TaskResultEntities,
  { apiPrefix, log }: { readonly apiPrefix: string; readonly log: Log },
): TaskResults => {
  const orNothing = async <T>(work: Promise<T>): Promise<T | undefined> => {
    try {
      return await work;
    } catch (error) {
      log.warn({ err: error }, 'the result backend was passed over');
      return undefined;
    }
  };
  const keep = async (
    generations: ReadonlyMap<string, Generation>,
    ...[written, tasks]: Parameters<KeepResults>
  ): Promise<void> => {
    for (const [taskId, ofTask] of Map.groupBy(written, (progress) => progress.taskId)) {
      const task = tasks.get(taskId);
      const generation = generations.get(taskId);
      if (task === undefined || generation === undefined) continue;
      const results = ofTask.flatMap((progress) => {
        const outcome = outcomeOf(progress);
        return outcome === undefined ? [] : [{ ordinal: progress.ordinal, outcome }];
      });
      await entities.keep(taskId, task.owner_id, generation, results);
    }
  };
  return {
    begin: async (taskIds) => {
      const ids = [...new Set(taskIds)];
      const known = await orNothing(
        Promise.all(ids.map(async (id) => [id, await entities.generation(id)] as const)),
      );
      return async (...args) => {
        await orNothing(keep(new Map(known), ...args));
      };
    },
    find: async (principal, taskId, ordinal) => {
      const kept = await orNothing(entities.fetch(taskId, ordinal));
      if (kept === undefined || (principal.role !== 'admin' && kept.ownerId !== principal.userId))
        return undefined;
      const outcome = keptOutcomeSchema.safeParse(kept.outcome);
      // One that another release kept in another form.
      if (!outcome.success) return undefined;
      const artifacts = outcome.data.artifacts.map((artifact) =>
        artifactViewOf(
          { ...artifact, width: artifact.width ?? null, height: artifact.height ?? null },
          apiPrefix,
        ),
      );
      return { taskId, ordinal, ...outcome.data, artifacts };
    },
    forget: (taskId) => entities.forget(taskId),
  };
};
