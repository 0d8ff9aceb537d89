import { keptOutcomeSchema, type KeptOutcome, type Principal, type SubtaskResult } from '@backend2/contracts';
import { firstGeneration, type Generation, type Log, type TaskResultEntities } from '@backend2/service-kit';
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

/** Tasks whose generation is remembered, of those that have had more than one. */
const mostKnown = 10_000;

/**
 * The result backend: what finished lately, answered without Postgres. It may lack anything, and a failure of it stops
 * nobody; so nothing here rejects but `forget`.
 */
export interface TaskResults {
  /** To be called before the batch is written to Postgres; what it returns keeps what was written. */
  begin(taskIds: readonly string[]): KeepResults;
  find(principal: Principal, taskId: string, ordinal: number): Promise<SubtaskResult | undefined>;
  /** Before a change that undoes results is committed, and once it holds the task: whoever reads the books after this reads the change. */
  readonly forget: (taskId: string) => Promise<void>;
}
type KeepResults = (
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
  /** As far as was heard. One that has passed meanwhile costs a batch that is not kept, never one that is wrongly kept. */
  const known = new Map<string, Generation>();
  const learn = (taskId: string, generation: Generation): void => {
    known.delete(taskId);
    if (generation === firstGeneration) return;
    known.set(taskId, generation);
    const [oldest] = known.keys();
    if (known.size > mostKnown && oldest !== undefined) known.delete(oldest);
  };
  const keep = async (
    generations: ReadonlyMap<string, Generation>,
    ...[written, tasks]: Parameters<KeepResults>
  ): Promise<void> => {
    const byTask = Map.groupBy(written, (progress) => progress.taskId);
    const keeping = [...byTask].map(async ([taskId, ofTask]) => {
      const task = tasks.get(taskId);
      const results = ofTask.flatMap((progress) => {
        const outcome = outcomeOf(progress);
        return outcome === undefined ? [] : [{ ordinal: progress.ordinal, outcome }];
      });
      if (task === undefined || results.length === 0) return;
      const generation = generations.get(taskId) ?? firstGeneration;
      const holds = await entities.keep(taskId, task.owner_id, generation, results);
      if (holds !== generation) learn(taskId, holds);
    });
    await Promise.all(keeping);
  };
  return {
    begin: (taskIds) => {
      const generations = new Map(taskIds.map((id) => [id, known.get(id) ?? firstGeneration]));
      return async (...args) => {
        await orNothing(keep(generations, ...args));
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
    forget: async (taskId) => learn(taskId, await entities.forget(taskId)),
  };
};
