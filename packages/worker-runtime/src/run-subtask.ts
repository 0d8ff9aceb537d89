import { randomUUID } from 'node:crypto';
import {
  issuesOf,
  taskResults,
  type StoredArtifact,
  type SubtaskJob,
  type TaskResult,
} from '@backend2/contracts';
import { inSpan, type Log, type Metrics, type Span } from '@backend2/service-kit';
import {
  AttemptTimeoutError,
  type DeadReason,
  type Handler,
  type Message,
  type Outcome,
  type Publisher,
} from '@backend2/streams';
import type { ArtifactStore } from '@backend2/artifacts';
import { SubtaskCancelledError, type Cancellations } from './cancellations.ts';
import type { TaskContext, TaskHandler } from './handlers/handler.ts';
import { mediaTypeOf } from './media-type.ts';
import { progressReporter, type ProgressReporter } from './progress-reporter.ts';
import { jsonBytes, maxResultBytes } from './result-size.ts';
import { failureOf, recordedError, SubtaskFailure } from './subtask-failure.ts';
import { subtaskMetrics, type AttemptOutcome } from './subtask-metrics.ts';

export interface RunSubtaskOptions {
  readonly handlers: ReadonlyMap<string, TaskHandler>;
  readonly artifacts: Pick<ArtifactStore, 'put'>;
  readonly cancellations: Pick<Cancellations, 'covers' | 'watch'>;
  readonly results: Publisher<TaskResult>;
  /** Names this process in what it reports. */
  readonly worker: string;
  readonly log: Log;
  readonly metrics: Metrics;
  /** Told of a handler's error that no kind of failure explains. */
  readonly onUnexpected: (error: unknown) => void;
}

const resultBase = ({ payload, attempt }: Pick<Message<SubtaskJob>, 'payload' | 'attempt'>) => ({
  taskId: payload.taskId,
  ordinal: payload.ordinal,
  run: payload.run,
  attempt,
  at: Date.now(),
});

const emit = (payload: TaskResult) => [{ topic: taskResults, payload }];

/** Rejects with the signal's reason as soon as it is aborted, also where `work` does not heed it. */
const unlessAborted = <T>(work: Promise<T>, signal: AbortSignal): Promise<T> =>
  new Promise((resolve, reject) => {
    if (signal.aborted) reject(signal.reason as Error);
    signal.addEventListener('abort', () => reject(signal.reason as Error), { once: true });
    work.then(resolve, reject);
  });

/** How long a run goes on before its start is told: of quicker ones the end says all, and they are half as many reports. */
const startToldAfterMs = 25;

/** What a dead-lettered entry says to the recorder, whichever process found it dead. */
export const deadResult = (
  message: Pick<Message<SubtaskJob>, 'payload' | 'attempt'>,
  error: unknown,
  reason: DeadReason,
): TaskResult => ({
  type: 'failed',
  ...resultBase(message),
  error: recordedError(error, reason),
  durationMs: error instanceof SubtaskFailure ? error.durationMs : 0,
});

/** Runs one delivery of a subtask and says what became of it, in the same script that settles its entry. */
export const runSubtask = (options: RunSubtaskOptions): Handler<SubtaskJob> => {
  const { handlers, artifacts, cancellations, results, worker, log } = options;
  const seen = subtaskMetrics(options.metrics, handlers);

  const produce = async (
    job: SubtaskJob,
    attempt: number,
    signal: AbortSignal,
    progress: ProgressReporter,
  ) => {
    const handler = handlers.get(job.kind);
    if (handler === undefined) {
      throw new SubtaskFailure(
        'unknown_kind',
        `This lane knows no kind "${job.kind}"; it knows ${[...handlers.keys()].join(', ')}.`,
        { permanent: true },
      );
    }
    const input = handler.input.safeParse(job.input);
    if (!input.success) {
      const issues = issuesOf(input.error, '/input');
      throw new SubtaskFailure(
        'invalid_input',
        `The input is not valid: ${issues.map(({ path, message }) => `${path} ${message}`).join('; ')}`,
        { permanent: true },
      );
    }
    const saved: StoredArtifact[] = [];
    let bound: Log | undefined;
    const { taskId, ordinal, run } = job;
    const context: TaskContext = {
      signal,
      taskId,
      ordinal,
      run,
      attempt,
      progress: progress.report,
      get log() {
        return (bound ??= log.child({ taskId, ordinal, run, attempt }));
      },
      saveArtifact: async ({ bytes, contentType: said, width, height }) => {
        signal.throwIfAborted();
        const contentType = mediaTypeOf(said);
        const stored = await artifacts.put(bytes, { contentType });
        const artifact: StoredArtifact = {
          id: randomUUID(),
          key: stored.key,
          contentType,
          bytes: stored.bytes,
          sha256: stored.sha256,
          ...(width !== undefined && { width }),
          ...(height !== undefined && { height }),
        };
        saved.push(artifact);
        return artifact;
      },
    };
    const result = await handler.run(input.data, context);
    const size = jsonBytes(result);
    if (size > maxResultBytes) {
      throw new SubtaskFailure(
        'result_too_large',
        `The result is ${size} bytes of JSON, and at most ${maxResultBytes} are taken: save what is large as an artifact.`,
        { permanent: true },
      );
    }
    return { result, artifacts: saved };
  };

  const failure = (message: Message<SubtaskJob>, error: unknown, durationMs: number): Outcome => {
    const failed = failureOf(error, durationMs);
    const { code, permanent, retryAfterMs } = failed;
    const { taskId, ordinal } = message.payload;
    log.warn(
      { err: error, taskId, ordinal, attempt: message.attempt, code, permanent },
      'subtask attempt failed',
    );
    seen.failed(seen.kindLabel(message.payload.kind), code);
    if (code === 'failed' && !permanent) options.onUnexpected(error);
    if (permanent) return { kind: 'dead', error: failed };
    const last = message.attempt >= message.maxAttempts;
    return {
      kind: 'retry',
      error: failed,
      ...(retryAfterMs !== undefined && { afterMs: retryAfterMs }),
      ...(!last && {
        emit: emit({ type: 'retrying', ...resultBase(message), error: { code, message: failed.message } }),
      }),
    };
  };

  /** One attempt, and how it ended. */
  const run = async (
    message: Message<SubtaskJob>,
    signal: AbortSignal,
    end: (outcome: AttemptOutcome, error?: unknown) => void,
  ): Promise<Outcome> => {
    const { payload: job, attempt } = message;
    const begun = performance.now();
    const stop = new AbortController();
    const onHandBack = (): void => stop.abort(signal.reason);
    if (signal.aborted) onHandBack();
    signal.addEventListener('abort', onHandBack, { once: true });
    const unwatch = cancellations.watch(job, (reason) => stop.abort(reason));
    const timer = setTimeout(() => stop.abort(new AttemptTimeoutError(job.timeoutMs)), job.timeoutMs);
    const started = { type: 'started', ...resultBase(message), worker } as const;
    let said: Promise<unknown> | undefined;
    const startTimer = setTimeout(() => {
      said = results.publish(started).catch((error: unknown) => {
        log.warn({ err: error, taskId: job.taskId, ordinal: job.ordinal }, 'a start could not be reported');
      });
    }, startToldAfterMs);
    const progress = progressReporter(
      (latest) => results.publish({ type: 'progress', ...resultBase(message), ...latest }),
      (error) =>
        log.warn({ err: error, taskId: job.taskId, ordinal: job.ordinal }, 'progress could not be told'),
    );
    try {
      const made = await unlessAborted(produce(job, attempt, stop.signal, progress), stop.signal);
      const durationMs = performance.now() - begun;
      if (said !== undefined) await said;
      end('succeeded');
      return { kind: 'done', emit: emit({ type: 'succeeded', ...resultBase(message), ...made, durationMs }) };
    } catch (error) {
      if (signal.aborted) throw error;
      const reason: unknown = stop.signal.aborted ? stop.signal.reason : error;
      if (reason instanceof SubtaskCancelledError) {
        end('cancelled');
        return { kind: 'done', emit: emit({ type: 'cancelled', ...resultBase(message) }) };
      }
      const outcome = failure(message, reason, performance.now() - begun);
      end(outcome.kind === 'retry' && attempt < message.maxAttempts ? 'retried' : 'failed', reason);
      return outcome;
    } finally {
      progress.stop();
      clearTimeout(timer);
      clearTimeout(startTimer);
      unwatch();
    }
  };

  return (message, { signal }) => {
    const { payload: job, attempt } = message;
    if (cancellations.covers(job)) {
      return Promise.resolve({ kind: 'done', emit: emit({ type: 'cancelled', ...resultBase(message) }) });
    }
    const kind = seen.kindLabel(job.kind);
    const ids = { taskId: job.taskId, ordinal: job.ordinal, run: job.run, attempt };
    const attributes = {
      'backend2.task_id': job.taskId,
      'backend2.ordinal': job.ordinal,
      'backend2.run': job.run,
      'backend2.attempt': attempt,
    };
    return inSpan(kind, { kind: 'consumer', parent: message.trace, attributes }, (span: Span) => {
      const began = performance.now();
      return run(message, signal, (outcome, error) => {
        const ms = performance.now() - began;
        seen.ended(kind, outcome, ms);
        span.set({ 'backend2.outcome': outcome });
        if (error !== undefined) span.fail(error);
        log.debug({ ...ids, kind, outcome, ms: Math.round(ms) }, 'subtask attempt ended');
      });
    });
  };
};
