import {
  recorderGroup,
  subtaskJobId,
  taskResults,
  type Lane,
  type ProgressReport,
  type SubtaskChange,
  type TaskOutcome,
  type TaskResult,
} from '@backend2/contracts';
import {
  inSpan,
  metricNames,
  spansAreRecorded,
  traceIdOf,
  type Log,
  type Metrics,
} from '@backend2/service-kit';
import { isRefusedData } from '@backend2/database';
import { PermanentError, type Consumer, type Emit, type Message, type Streams } from '@backend2/streams';
import { DatabaseError } from 'sequelize';
import type { RecordedChange, RecorderStore } from '../adapters/postgres-recorder-store.ts';
import type { TaskResults } from '../adapters/redis-task-results.ts';
import { artifactViewOf, type TaskHead } from '../adapters/task-rows.ts';
import { mergeResults } from '../domain/merge-results.ts';
import type { RunTimes } from '../domain/run-times.ts';
import type { TaskEventPublisher } from '../events/task-event-publisher.ts';

export interface ResultRecorderOptions {
  readonly streams: Streams;
  readonly store: RecorderStore;
  readonly events: TaskEventPublisher;
  readonly metrics: Metrics;
  readonly log: Log;
  readonly apiPrefix: string;
  readonly runTimes: RunTimes;
  readonly results: TaskResults;
  /** Results of these tasks are written; nobody has been told of them yet. */
  readonly onWritten: (taskIds: readonly string[]) => Promise<void>;
  /** So many runs of the lane ended. */
  readonly onEnded: (lane: Lane, runs: number) => void;
  readonly onDataLost: () => void;
}

const batchSize = 1000;
/** How long results wait where a recorder dies; longer than any batch takes, and a batch taken twice does no harm. */
const leaseMs = 5000;
/** No result kills its recorder: what was taken by several that died is not held back, and not given up so soon. */
const maxDeliveries = 20;
const batchBounds = [1, 2, 5, 10, 25, 50, 100, 250, 500, 1000];

/**
 * Takes results from the stream in batches, writes each batch in one transaction, then tells the browsers.
 * A batch that comes again, because the process died or Redis failed between the two, changes nothing in Postgres and is told
 * again, as the books have it by then.
 */
export const resultRecorder = (options: ResultRecorderOptions): Consumer => {
  const { streams, store, events, metrics, log, apiPrefix } = options;
  const recorded = metrics.counter(metricNames.recorded, 'Subtasks whose state a result moved', ['state']);
  const ignored = metrics.counter(
    metricNames.resultsIgnored,
    'Results that changed nothing: duplicate, late or foreign',
  );

  const seconds = metrics.histogram(metricNames.record, 'Seconds to record a batch of results');
  const batchSizes = metrics.histogram(
    metricNames.recordBatch,
    'Results recorded at a time',
    [],
    batchBounds,
  );

  /** The batch in hand failed before, perhaps between being written and being told. */
  let failedBefore = false;

  const record = (messages: readonly Message<TaskResult>[]): Promise<void> => {
    batchSizes.observe(messages.length);
    const links = spansAreRecorded() ? [...new Set(messages.flatMap(({ trace }) => trace ?? []))] : [];
    return inSpan('record results', { kind: 'consumer', links }, async () => {
      const end = seconds.startTimer();
      const again = failedBefore;
      failedBefore = true;
      await recordBatch(messages, again);
      failedBefore = false;
      end();
    });
  };

  const recordBatch = async (messages: readonly Message<TaskResult>[], again: boolean): Promise<void> => {
    const { outcomes, reports } = sortedOut(messages);
    const repeated = again ? messages : messages.filter(({ delivery }) => delivery > 1);
    if (outcomes.length > 0) await recordOutcomes(outcomes, repeated);
    // After the outcomes, so that what ended in this very batch is not told to be under way.
    if (reports.length > 0) await events.progress(await store.underWay(reports));
  };

  const recordOutcomes = async (
    outcomes: readonly TaskOutcome[],
    repeated: readonly Message<TaskResult>[],
  ): Promise<void> => {
    const batch = mergeResults(outcomes);
    const keepResults = options.results.begin(batch.map(({ taskId }) => taskId));
    const { changes, tasks } = await store.record(batch).catch(givenUpIfRefused);
    for (const [state, some] of Map.groupBy(changes, ({ progress }) => progress.state))
      recorded.inc({ state }, some.length);
    tell(log, changes, tasks);
    learnRunTimes(changes, tasks, options.runTimes);
    const untold = new Set(repeated.map(({ payload }) => subtaskJobId(payload)));
    const again = untold.size === 0 ? [] : batch.filter((progress) => untold.has(subtaskJobId(progress)));
    const repeats = batch.length === outcomes.length ? 0 : repeatedIn(outcomes);
    ignored.inc(repeats + batch.length - changes.length);
    const retold = again.length === 0 ? { changes: [], tasks: [] } : await store.present(again);
    const told = new Map([...retold.tasks, ...tasks].map((task) => [task.id, task]));
    const news = [...retold.changes, ...changes];
    const written = news.map(({ progress }) => progress);
    await Promise.all([options.onWritten([...told.keys()]), keepResults(written, told)]);
    await events.publish([...told.values()], changesByTask(news, told, apiPrefix));
    for (const [lane, runs] of endedByLane(changes, told)) options.onEnded(lane, runs);
  };

  return streams.batchConsumer(taskResults, {
    group: recorderGroup,
    batchSize,
    leaseMs,
    maxDeliveries,
    handler: record,
    onDead: ({ message: { payload } }) => (payload === undefined ? [] : inItsPlace(payload)),
    onDataLost: options.onDataLost,
  });
};

/** Class 54: more, or more deeply nested, than Postgres takes; a string longer than this program can make. */
const isTooMuch = (error: unknown): boolean => {
  const original = error instanceof DatabaseError ? error.original : error;
  const { code } = original as { readonly code?: unknown };
  return error instanceof RangeError || (typeof code === 'string' && code.startsWith('54'));
};

/** What no other try would change: smaller batches are tried, and one result that is refused alone holds up no other. */
const givenUpIfRefused = (error: unknown): never => {
  if (!isRefusedData(error) && !isTooMuch(error)) throw error;
  throw new PermanentError('Postgres refuses the results', { cause: error });
};

/** A cell whose end cannot be written ends all the same, and says so; what stands in its place Postgres takes. */
const inItsPlace = (refused: TaskResult): readonly Emit[] => {
  const { type, taskId, ordinal, run, attempt, at } = refused;
  if (type !== 'succeeded' && type !== 'failed') return [];
  const error = {
    code: 'result_refused',
    message: 'The result could not be stored. It is among the dead letters of task_results.',
  };
  if (type === 'failed' && refused.error.code === error.code) return [];
  const payload: TaskResult = {
    type: 'failed',
    taskId,
    ordinal,
    run,
    attempt,
    at,
    error,
    durationMs: 0,
  };
  return [{ topic: taskResults, payload }];
};

/** Of each run's progress only the latest report counts. */
const sortedOut = (
  messages: readonly Message<TaskResult>[],
): { outcomes: TaskOutcome[]; reports: ProgressReport[] } => {
  const outcomes: TaskOutcome[] = [];
  const reports = new Map<string, ProgressReport>();
  for (const { payload } of messages) {
    if (payload.type !== 'progress') outcomes.push(payload);
    else reports.set(subtaskJobId(payload), payload);
  }
  return { outcomes, reports: [...reports.values()] };
};

/** How many say the same as another of them. */
const repeatedIn = (outcomes: readonly TaskOutcome[]): number =>
  outcomes.length -
  new Set(outcomes.map((outcome) => `${subtaskJobId(outcome)} ${outcome.attempt} ${outcome.type}`)).size;

const tell = (log: Log, changes: readonly RecordedChange[], tasks: readonly TaskHead[]): void => {
  const traceOf = new Map(tasks.map(({ id, trace }) => [id, traceIdOf(trace)]));
  if (log.debug()) {
    for (const { progress } of changes) {
      const { taskId, ordinal, run, attempt, state } = progress;
      log.debug({ taskId, ordinal, run, attempt, state, traceId: traceOf.get(taskId) }, 'subtask recorded');
    }
  }
  for (const { id, state, total, failed, finished_at: end } of tasks) {
    if (end !== null) log.info({ taskId: id, state, total, failed, traceId: traceOf.get(id) }, 'task ended');
  }
};

const endedByLane = (
  changes: readonly RecordedChange[],
  tasks: ReadonlyMap<string, TaskHead>,
): Map<Lane, number> => {
  const ended = new Map<Lane, number>();
  for (const { progress } of changes) {
    const lane = tasks.get(progress.taskId)?.lane;
    if (lane !== undefined && progress.finishedAt !== null) ended.set(lane, (ended.get(lane) ?? 0) + 1);
  }
  return ended;
};

const learnRunTimes = (
  changes: readonly RecordedChange[],
  tasks: readonly TaskHead[],
  runTimes: RunTimes,
): void => {
  const byId = new Map(tasks.map((task) => [task.id, task]));
  for (const { progress } of changes) {
    const task = byId.get(progress.taskId);
    if (task !== undefined && progress.durationMs !== null)
      runTimes.add(task.lane, task.kind, progress.durationMs);
  }
};

const changesByTask = (
  changes: readonly RecordedChange[],
  tasks: ReadonlyMap<string, TaskHead>,
  apiPrefix: string,
): Map<string, { ownerId: string; changes: SubtaskChange[] }> => {
  const byTask = new Map<string, { ownerId: string; changes: SubtaskChange[] }>();
  for (const { progress } of changes) {
    const task = tasks.get(progress.taskId);
    if (task === undefined) continue;
    let own = byTask.get(task.id);
    if (own === undefined) byTask.set(task.id, (own = { ownerId: task.owner_id, changes: [] }));
    own.changes.push({
      ordinal: progress.ordinal,
      state: progress.state,
      attempt: progress.attempt,
      error: progress.error,
      artifacts: progress.artifacts.map((artifact) => artifactViewOf(artifact, apiPrefix)),
    });
  }
  return byTask;
};
