import { randomUUID } from 'node:crypto';
import {
  issuesOf,
  taskResults,
  type StoredArtifact,
  type SubtaskError,
  type SubtaskJob,
  type TaskResult,
} from '@backend2/contracts';
import type { Log } from '@backend2/service-kit';
import { PermanentError, type Handler, type Message, type Outcome, type Publisher } from '@backend2/streams';
import type { ArtifactStore } from '@backend2/artifacts';
import { SubtaskCancelledError, type Cancellations } from './cancellations.ts';
import type { TaskContext, TaskHandler } from './handlers/handler.ts';

export interface RunSubtaskOptions {
  readonly handlers: ReadonlyMap<string, TaskHandler>;
  readonly artifacts: Pick<ArtifactStore, 'put'>;
  readonly cancellations: Cancellations;
  readonly results: Publisher<TaskResult>;
  /** Names this process in what it reports. */
  readonly worker: string;
  readonly log: Log;
}

const resultBase = ({ payload, attempt }: Pick<Message<SubtaskJob>, 'payload' | 'attempt'>) => ({
  taskId: payload.taskId,
  ordinal: payload.ordinal,
  run: payload.run,
  attempt,
  at: Date.now(),
});

const emit = (payload: TaskResult) => [{ topic: taskResults, payload }];

const maxMessage = 2000;

const subtaskErrorOf = (error: unknown, fallback: string): SubtaskError => {
  const message = (error instanceof Error ? error.message : String(error)).slice(0, maxMessage);
  const code = (error as { code?: unknown } | null)?.code;
  return { code: typeof code === 'string' && /^[a-z][a-z0-9_]{0,63}$/.test(code) ? code : fallback, message };
};

class SubtaskTimeoutError extends Error {
  readonly code = 'timeout';
}

/** Rejects with the signal's reason as soon as it is aborted, also where `work` does not heed it. */
const unlessAborted = <T>(work: Promise<T>, signal: AbortSignal): Promise<T> =>
  new Promise((resolve, reject) => {
    const abort = (): void => reject(signal.reason as Error);
    if (signal.aborted) abort();
    signal.addEventListener('abort', abort, { once: true });
    work.then(resolve, reject).finally(() => signal.removeEventListener('abort', abort));
  });

/** What an entry that no consumer could finish says to the recorder. */
export const deadResult = (
  message: Pick<Message<SubtaskJob>, 'payload' | 'attempt'>,
  error: unknown,
): TaskResult => ({
  type: 'failed',
  ...resultBase(message),
  error: subtaskErrorOf(error, 'worker_lost'),
  durationMs: 0,
});

/** Runs one delivery of a subtask and says what became of it, in the same script that settles its entry. */
export const runSubtask = (options: RunSubtaskOptions): Handler<SubtaskJob> => {
  const { handlers, artifacts, cancellations, results, worker, log } = options;

  const produce = async (job: SubtaskJob, attempt: number, signal: AbortSignal) => {
    const handler = handlers.get(job.kind);
    if (handler === undefined) {
      throw new PermanentError(
        `This worker knows no kind "${job.kind}"; it knows ${[...handlers.keys()].join(', ')}.`,
      );
    }
    const input = handler.input.safeParse(job.input);
    if (!input.success) {
      const issues = issuesOf(input.error, '/input');
      throw new PermanentError(
        `The input is not valid: ${issues.map(({ path, message }) => `${path} ${message}`).join('; ')}`,
      );
    }
    const saved: StoredArtifact[] = [];
    const context: TaskContext = {
      signal,
      taskId: job.taskId,
      ordinal: job.ordinal,
      run: job.run,
      attempt,
      saveArtifact: async ({ bytes, contentType, width, height }) => {
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
    return { result: await handler.run(input.data, context), artifacts: saved };
  };

  const failure = (message: Message<SubtaskJob>, error: unknown, durationMs: number): Outcome => {
    const permanent = error instanceof PermanentError;
    const subtaskError = subtaskErrorOf(error, permanent ? 'rejected' : 'failed');
    const { taskId, ordinal } = message.payload;
    log.warn({ err: error, taskId, ordinal, attempt: message.attempt, permanent }, 'subtask attempt failed');
    if (permanent || message.attempt >= message.maxAttempts) {
      return {
        kind: 'dead',
        error,
        emit: emit({ type: 'failed', ...resultBase(message), error: subtaskError, durationMs }),
      };
    }
    const afterMs = (error as { retryAfterMs?: unknown }).retryAfterMs;
    return {
      kind: 'retry',
      error,
      ...(typeof afterMs === 'number' && { afterMs }),
      emit: emit({ type: 'retrying', ...resultBase(message), error: subtaskError }),
    };
  };

  return async (message, { signal }) => {
    const { payload: job, attempt } = message;
    if (cancellations.covers(job))
      return { kind: 'done', emit: emit({ type: 'cancelled', ...resultBase(message) }) };
    results.publish({ type: 'started', ...resultBase(message), worker }).catch((error: unknown) => {
      log.warn({ err: error, taskId: job.taskId, ordinal: job.ordinal }, 'a start could not be reported');
    });
    const watched = cancellations.watch(job);
    const timeout = new AbortController();
    const timer = setTimeout(() => {
      timeout.abort(new SubtaskTimeoutError(`No result within ${job.timeoutMs} ms.`));
    }, job.timeoutMs);
    const stop = AbortSignal.any([signal, watched.signal, timeout.signal]);
    const begun = performance.now();
    try {
      const made = await unlessAborted(produce(job, attempt, stop), stop);
      const durationMs = performance.now() - begun;
      return { kind: 'done', emit: emit({ type: 'succeeded', ...resultBase(message), ...made, durationMs }) };
    } catch (error) {
      if (signal.aborted) throw error;
      if (watched.signal.aborted || error instanceof SubtaskCancelledError) {
        return { kind: 'done', emit: emit({ type: 'cancelled', ...resultBase(message) }) };
      }
      return failure(message, error, performance.now() - begun);
    } finally {
      clearTimeout(timer);
      watched.done();
    }
  };
};
