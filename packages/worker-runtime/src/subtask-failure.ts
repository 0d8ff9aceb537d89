import { inspect } from 'node:util';
import { ArtifactStoreError } from '@backend2/artifacts';
import { DomainError, type SubtaskError } from '@backend2/contracts';
import { EngineRejectedError, EngineUnavailableError } from '@backend2/engines';
import { BreakerOpenError } from '@backend2/service-kit';
import { AttemptTimeoutError, PermanentError, type DeadReason } from '@backend2/streams';

const LONGEST_MESSAGE = 1000;

/** A failed attempt as its owner is told of it. */
export class SubtaskFailure extends Error {
  override readonly name = 'SubtaskFailure';
  /** Stable: shown, filtered and counted by. */
  readonly code: string;
  /** Another attempt cannot help. */
  readonly permanent: boolean;
  /** When to try again; the lane's backoff decides where absent. */
  readonly retryAfterMs: number | undefined;
  readonly durationMs: number;

  constructor(
    code: string,
    message: string,
    options: {
      readonly permanent: boolean;
      readonly durationMs?: number;
      readonly retryAfterMs?: number;
      readonly cause?: unknown;
    },
  ) {
    super(message.slice(0, LONGEST_MESSAGE), { cause: options.cause });
    this.code = code;
    this.permanent = options.permanent;
    this.retryAfterMs = options.retryAfterMs;
    this.durationMs = options.durationMs ?? 0;
  }
}

/** Not everything that may be thrown has a text of its own. */
function messageOf(error: unknown): string {
  if (error instanceof Error) return error.message;
  return typeof error === 'string' ? error : inspect(error);
}

/** What a handler threw, classed by whether a retry may help. */
export function failureOf(error: unknown, durationMs: number): SubtaskFailure {
  const failure = (code: string, permanent: boolean, retryAfterMs?: number) =>
    new SubtaskFailure(code, messageOf(error), {
      permanent,
      durationMs,
      retryAfterMs,
      cause: error,
    });
  if (error instanceof SubtaskFailure) return error;
  if (error instanceof AttemptTimeoutError) return failure('timeout', false);
  if (error instanceof EngineRejectedError) return failure('engine_rejected', true);
  if (error instanceof EngineUnavailableError)
    return failure('engine_unavailable', false, error.retryAfterMs);
  if (error instanceof BreakerOpenError) return failure('engine_unavailable', false, error.retryAfterMs);
  if (error instanceof ArtifactStoreError) return failure('artifact_not_stored', false);
  if (error instanceof DomainError)
    return failure(error.code, error.kind !== 'unavailable' && error.kind !== 'limited');
  return failure('failed', error instanceof PermanentError);
}

/** What is recorded of a dead-lettered subtask, also where its workers died without a word. */
export function recordedError(error: unknown, reason: DeadReason): SubtaskError {
  if (reason === 'deliveries-exhausted') {
    return { code: 'worker_lost', message: 'Every worker that took this subtask was lost while it ran.' };
  }
  const { code, message } = failureOf(error, 0);
  return { code, message };
}
