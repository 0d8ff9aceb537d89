import type { Json, StoredArtifact } from '@backend2/contracts';
import type { z } from 'zod';

/** What runs the subtasks of one kind. */
export interface TaskHandler<Input = unknown> {
  readonly kind: string;
  /** Checked before `run`; what does not fit fails for good. */
  readonly input: z.ZodType<Input>;
  /**
   * Makes the subtask's result. It may be run again after a failure or a lost worker, so it must bear repetition.
   * Throwing a `PermanentError` fails the subtask for good, anything else uses up an attempt.
   */
  run(input: Input, context: TaskContext): Promise<Json>;
  /** Resolves if the handler could work now. */
  check?(): Promise<void>;
  close?(): Promise<void>;
}

export interface TaskContext {
  /** Aborted on cancel, on timeout and on a hard stop. */
  readonly signal: AbortSignal;
  readonly taskId: string;
  readonly ordinal: number;
  readonly run: number;
  /** 1 for the first. */
  readonly attempt: number;
  /** Keeps a file; it is listed with the subtask's result, in the order of these calls. */
  saveArtifact(file: {
    readonly bytes: Uint8Array;
    readonly contentType: string;
    readonly width?: number;
    readonly height?: number;
  }): Promise<StoredArtifact>;
}
