import type { Json, StoredArtifact } from '@backend2/contracts';
import type { Log } from '@backend2/service-kit';
import type { z } from 'zod';

/** What runs the subtasks of one kind. */
export interface TaskHandler<Input = unknown> {
  readonly kind: string;
  /** Checked before `run`; what does not fit fails for good. */
  readonly input: z.ZodType<Input>;
  /**
   * JSON Pointers into the input, the costliest first: what stands there is costly to switch, as a checkpoint to load is.
   * A task's cells are dispatched with the variables that fill these places outermost.
   */
  readonly costlyInputs?: readonly string[];
  /**
   * Makes the subtask's result. It may be run again after a failure or a lost worker, so it must bear repetition.
   * Throwing a `PermanentError` fails the subtask for good, anything else uses up an attempt.
   */
  run(input: Input, context: TaskContext): Promise<Json>;
  /** Resolves if the handler could work now. */
  check?(): Promise<void>;
  close?(): Promise<void>;
}

/** Infers the input's type from its schema. */
export const defineHandler = <Input>(handler: TaskHandler<Input>): TaskHandler<Input> => handler;

export interface TaskContext {
  /**
   * Aborted on cancel, on timeout, on a hard stop and when another worker took the subtask over. The slot is given to
   * other work at once, whether the handler heeds it or not.
   */
  readonly signal: AbortSignal;
  /** Bound to the subtask. */
  readonly log: Log;
  readonly taskId: string;
  readonly ordinal: number;
  readonly run: number;
  /** 1 for the first. */
  readonly attempt: number;
  /**
   * Says how far the work is, from 0 to 1, and what it is at; as often as one likes, since only the latest of about a
   * second is told. Whoever watches the task sees it; it is not kept.
   */
  readonly progress: (fraction: number, note?: string) => void;
  /** Keeps a file; it is listed with the subtask's result, in the order of these calls. */
  readonly saveArtifact: (file: {
    readonly bytes: Uint8Array;
    readonly contentType: string;
    readonly width?: number;
    readonly height?: number;
  }) => Promise<StoredArtifact>;
}
