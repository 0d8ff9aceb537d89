import { z } from 'zod';
import { artifactViewSchema } from './artifact.ts';
import { jsonSchema } from './json.ts';
import { kindSchema } from './kinds.ts';
import { laneSchema } from './lanes.ts';
import { momentSchema } from './moment.ts';
import { pageQuerySchema } from './page.ts';
import { storableText } from './text.ts';
import { ratingSchema, subtaskCountsSchema, subtaskStateSchema, taskStateSchema } from './states.ts';

export const maxVariables = 6;
export const maxValuesPerVariable = 100;
/** The axis of the copies that `batchSize` makes; no variable may take its name, nor `x` or `y`, which a matrix is asked by. */
export const batchAxis = 'batch';

export const variableNameSchema = z
  .string()
  .regex(
    /^[A-Za-z_][A-Za-z0-9_]{0,63}$/,
    'must be a letter or underscore, then letters, digits or underscores',
  );

export const rangeSchema = z
  .strictObject({
    from: z.number(),
    to: z.number(),
    step: z.number().optional(),
    count: z.int().min(1).max(maxValuesPerVariable).optional(),
  })
  .refine(
    (range) => (range.step === undefined) !== (range.count === undefined),
    'needs either step or count',
  );
export type Range = z.infer<typeof rangeSchema>;

export const variableSchema = z
  .strictObject({
    name: variableNameSchema,
    values: z
      .array(jsonSchema)
      .min(1, 'needs at least one value')
      .max(maxValuesPerVariable, `may have ${maxValuesPerVariable} values at the most`)
      .optional(),
    range: rangeSchema.optional(),
    /** Variables that share it advance together, as one axis. */
    zip: z.string().min(1).max(64).optional(),
  })
  .refine(
    (variable) => (variable.values === undefined) !== (variable.range === undefined),
    'needs either values or range',
  );
export type Variable = z.infer<typeof variableSchema>;

const tagSchema = storableText.min(1).max(64);
const maxTags = 20;

export const taskSubmissionSchema = z.strictObject({
  name: storableText.trim().min(1).max(200),
  kind: kindSchema,
  lane: laneSchema.default('standard'),
  input: jsonSchema,
  variables: z.array(variableSchema).max(maxVariables, `may be ${maxVariables} at the most`).default([]),
  /** Copies of every combination. */
  batchSize: z.int().min(1).max(100).default(1),
  /** Higher starts sooner: a bounded head start, never a right to starve others. */
  priority: z.int().min(-10).max(10).default(0),
  runAt: momentSchema.optional(),
  timeoutMs: z
    .int()
    .min(100)
    .max(24 * 3_600_000)
    .default(300_000),
  maxAttempts: z.int().min(1).max(25).default(3),
  tags: z.array(tagSchema).max(maxTags).default([]),
});
export type TaskSubmission = z.infer<typeof taskSubmissionSchema>;

/** A variable as it was expanded: a range is its values. */
export const expandedVariableSchema = z.object({
  name: z.string(),
  values: z.array(jsonSchema),
  zip: z.string().optional(),
});
export type ExpandedVariable = z.infer<typeof expandedVariableSchema>;

/** One dimension of the matrix: a variable, several zipped ones, or the batch. */
export const axisSchema = z.object({
  name: z.string(),
  variables: z.array(z.string()),
  length: z.int().positive(),
});
export type Axis = z.infer<typeof axisSchema>;

export const taskViewSchema = z.object({
  id: z.uuid(),
  ownerId: z.uuid(),
  name: z.string(),
  kind: z.string(),
  lane: laneSchema,
  state: taskStateSchema,
  total: z.int(),
  counts: subtaskCountsSchema,
  priority: z.int(),
  batchSize: z.int(),
  timeoutMs: z.int(),
  maxAttempts: z.int(),
  tags: z.array(z.string()),
  runAt: z.string().nullable(),
  createdAt: z.string(),
  startedAt: z.string().nullable(),
  finishedAt: z.string().nullable(),
});
export type TaskView = z.infer<typeof taskViewSchema>;

export const taskDetailSchema = taskViewSchema.extend({
  input: jsonSchema,
  variables: z.array(expandedVariableSchema),
  /** In row-major order, the slowest first; the batch last where there is one. */
  axes: z.array(axisSchema),
});
export type TaskDetail = z.infer<typeof taskDetailSchema>;

export const subtaskErrorSchema = z.object({ code: z.string(), message: z.string() });
export type SubtaskError = z.infer<typeof subtaskErrorSchema>;

export const subtaskViewSchema = z.object({
  taskId: z.uuid(),
  ordinal: z.int(),
  /** Its index in every variable, and in `batch` where there is one. */
  coordinates: z.record(z.string(), z.int()),
  /** Its value of every variable. */
  values: z.record(z.string(), jsonSchema),
  state: subtaskStateSchema,
  attempt: z.int(),
  result: jsonSchema.nullable(),
  error: subtaskErrorSchema.nullable(),
  artifacts: z.array(artifactViewSchema),
  rating: ratingSchema,
  evaluation: z.string().nullable(),
  queuedAt: z.string().nullable(),
  startedAt: z.string().nullable(),
  finishedAt: z.string().nullable(),
  durationMs: z.number().nullable(),
});
export type SubtaskView = z.infer<typeof subtaskViewSchema>;

export const subtaskPatchSchema = z
  .strictObject({
    rating: ratingSchema.optional(),
    evaluation: storableText.max(4000).nullable().optional(),
  })
  .refine(
    (patch) => patch.rating !== undefined || patch.evaluation !== undefined,
    'needs rating or evaluation',
  );
export type SubtaskPatch = z.infer<typeof subtaskPatchSchema>;

export const taskListQuerySchema = pageQuerySchema.extend({
  status: taskStateSchema.optional(),
  lane: laneSchema.optional(),
  kind: kindSchema.optional(),
  /** Part of the name, in any case. */
  search: storableText.max(200).optional(),
  /** Tasks that have all of these tags; as a parameter once for each. */
  tag: z.union([tagSchema.transform((tag) => [tag]), z.array(tagSchema).min(1).max(maxTags)]).optional(),
  /** The first moment of creation meant, and the first no longer meant. */
  createdFrom: momentSchema.optional(),
  createdBefore: momentSchema.optional(),
  /** For admins; anyone else has no tasks but their own. */
  owner: z.uuid().optional(),
});
export type TaskListQuery = z.infer<typeof taskListQuerySchema>;

export const subtaskListQuerySchema = pageQuerySchema.extend({
  state: subtaskStateSchema.optional(),
  rating: ratingSchema.optional(),
});
export type SubtaskListQuery = z.infer<typeof subtaskListQuerySchema>;

/** `x` and `y` name axes; `fixed` holds an index for each other axis, 0 where it does not say. */
export const matrixQuerySchema = z.object({
  x: z.string().optional(),
  y: z.string().optional(),
  fixed: z.record(z.string(), z.coerce.number().int().nonnegative()).default({}),
});
export type MatrixQuery = z.infer<typeof matrixQuerySchema>;

export const matrixCellSchema = z.object({
  ordinal: z.int(),
  state: subtaskStateSchema,
  attempt: z.int(),
  rating: ratingSchema,
  result: jsonSchema.nullable(),
  error: subtaskErrorSchema.nullable(),
  artifacts: z.array(artifactViewSchema),
});
export type MatrixCell = z.infer<typeof matrixCellSchema>;

/** Headings: for zipped variables a tuple of their values. */
export const matrixAxisSchema = z.object({ name: z.string(), values: z.array(jsonSchema) });
export type MatrixAxis = z.infer<typeof matrixAxisSchema>;

export const matrixViewSchema = z.object({
  taskId: z.uuid(),
  x: matrixAxisSchema.nullable(),
  y: matrixAxisSchema.nullable(),
  fixed: z.record(z.string(), z.int()),
  /** Rows (y) of cells (x). */
  cells: z.array(z.array(matrixCellSchema)),
});
export type MatrixView = z.infer<typeof matrixViewSchema>;

export const estimateViewSchema = z.object({
  subtasks: z.int(),
  axes: z.array(axisSchema),
  /** At the lane's present rate; null while the lane has no rate yet. */
  seconds: z.number().nullable(),
});
export type EstimateView = z.infer<typeof estimateViewSchema>;
