import type { StoredArtifact, SubtaskError, SubtaskState, TaskOutcome, Json } from '@backend2/contracts';

/** Where one run of a subtask stands after all that was heard of it in a batch. */
export interface Progress {
  readonly taskId: string;
  readonly ordinal: number;
  readonly run: number;
  attempt: number;
  state: Exclude<SubtaskState, 'pending'>;
  /** Epoch milliseconds. */
  startedAt: number | null;
  finishedAt: number | null;
  durationMs: number | null;
  result: Json;
  error: SubtaskError | null;
  artifacts: readonly StoredArtifact[];
}

const stateOf = {
  started: 'running',
  retrying: 'queued',
  succeeded: 'succeeded',
  failed: 'failed',
  cancelled: 'cancelled',
} as const satisfies Record<TaskOutcome['type'], SubtaskState>;

/** An end outweighs any attempt; a later attempt an earlier one; within an attempt its failure its start. */
const rankOf = (progress: Progress): number => {
  if (progress.state === 'running') return progress.attempt * 2;
  return progress.state === 'queued' ? progress.attempt * 2 + 1 : Number.POSITIVE_INFINITY;
};

const progressOf = (result: TaskOutcome): Progress => {
  const ended = result.type === 'succeeded' || result.type === 'failed' || result.type === 'cancelled';
  const durationMs = 'durationMs' in result ? result.durationMs : null;
  return {
    taskId: result.taskId,
    ordinal: result.ordinal,
    run: result.run,
    attempt: result.attempt,
    state: stateOf[result.type],
    startedAt: result.type === 'started' ? result.at : durationMs === null ? null : result.at - durationMs,
    finishedAt: ended ? result.at : null,
    durationMs,
    result: result.type === 'succeeded' ? result.result : null,
    error: 'error' in result ? result.error : null,
    artifacts: result.type === 'succeeded' ? result.artifacts : [],
  };
};

/** One entry a run of a subtask, whatever the order its results came in and however often. */
export const mergeResults = (results: readonly TaskOutcome[]): Progress[] => {
  const merged = new Map<string, Progress>();
  for (const result of results) {
    const key = `${result.taskId}.${result.ordinal}.${result.run}`;
    const next = progressOf(result);
    const known = merged.get(key);
    if (known === undefined || rankOf(next) > rankOf(known)) merged.set(key, next);
  }
  return [...merged.values()];
};
