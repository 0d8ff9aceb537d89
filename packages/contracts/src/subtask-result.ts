import { z } from 'zod';
import { artifactViewSchema, storedArtifactSchema } from './artifact.ts';
import { jsonSchema } from './json.ts';
import { subtaskStateSchema } from './states.ts';
import { subtaskErrorSchema } from './task.ts';

/** What became of a subtask, without what is said of it: what a script that waits for its results asks for. */
export const subtaskResultSchema = z.object({
  taskId: z.uuid(),
  ordinal: z.int(),
  state: subtaskStateSchema,
  attempt: z.int(),
  /** Null unless it succeeded, and where it succeeded with nothing to say. */
  result: jsonSchema.nullable(),
  /** Null unless it failed, or is tried again after a failure. */
  error: subtaskErrorSchema.nullable(),
  artifacts: z.array(artifactViewSchema),
  finishedAt: z.string().nullable(),
  durationMs: z.number().nullable(),
});
export type SubtaskResult = z.infer<typeof subtaskResultSchema>;

/** An end as the result backend keeps it: what of an answer depends on settings is made when it is asked for. */
export const keptOutcomeSchema = z.object({
  state: z.enum(['succeeded', 'failed']),
  attempt: z.int(),
  result: jsonSchema,
  error: subtaskErrorSchema.nullable(),
  artifacts: z.array(storedArtifactSchema.omit({ key: true, sha256: true })),
  finishedAt: z.string().nullable(),
  durationMs: z.number().nullable(),
});
export type KeptOutcome = z.infer<typeof keptOutcomeSchema>;
