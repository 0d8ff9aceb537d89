import { z } from 'zod';
import { storedArtifactSchema } from '../artifact.ts';
import { pageSchema } from '../page.ts';
import { principalSchema } from '../principal.ts';
import {
  estimateViewSchema,
  matrixQuerySchema,
  matrixViewSchema,
  subtaskListQuerySchema,
  subtaskPatchSchema,
  subtaskViewSchema,
  taskDetailSchema,
  taskListQuerySchema,
  taskSubmissionSchema,
  taskViewSchema,
} from '../task.ts';
import { subtaskResultSchema } from '../subtask-result.ts';
import { taskSummarySchema } from '../task-summary.ts';
import { deadLetterMethods } from './dead-letter-methods.ts';
import { laneMethods } from './lane-methods.ts';
import { rpcContract } from './method.ts';
import { quotaMethods } from './quota-methods.ts';
import { scheduleMethods } from './schedule-methods.ts';
import { webhookMethods } from './webhook-methods.ts';

const ofTask = z.object({ principal: principalSchema, taskId: z.uuid() });
const ofSubtask = ofTask.extend({ ordinal: z.int().nonnegative() });

export const taskIntakeRpc = rpcContract('rpc:task-intake', {
  'tasks.create': {
    request: z.object({
      principal: principalSchema,
      submission: taskSubmissionSchema,
      /** The id the task is to have: a call repeated with it answers the task the first one made. Drawn when absent. */
      taskId: z.uuid().optional(),
    }),
    response: taskDetailSchema,
  },
  'tasks.estimate': {
    request: z.object({ principal: principalSchema, submission: taskSubmissionSchema }),
    response: estimateViewSchema,
  },
  'tasks.list': {
    request: z.object({ principal: principalSchema, query: taskListQuerySchema }),
    response: pageSchema(taskViewSchema),
  },
  'tasks.get': { request: ofTask, response: taskDetailSchema },
  'tasks.cancel': { request: ofTask, response: taskViewSchema },
  'tasks.pause': { request: ofTask, response: taskViewSchema },
  'tasks.resume': { request: ofTask, response: taskViewSchema },
  'tasks.retry': { request: ofTask, response: taskViewSchema },
  'tasks.delete': { request: ofTask, response: z.object({}) },
  'tasks.matrix': { request: ofTask.extend({ query: matrixQuerySchema }), response: matrixViewSchema },
  'tasks.summary': { request: ofTask, response: taskSummarySchema },
  'subtasks.list': {
    request: ofTask.extend({ query: subtaskListQuerySchema }),
    response: pageSchema(subtaskViewSchema),
  },
  'subtasks.get': { request: ofSubtask, response: subtaskViewSchema },
  'subtasks.result': { request: ofSubtask, response: subtaskResultSchema },
  'subtasks.update': {
    request: ofSubtask.extend({ patch: subtaskPatchSchema }),
    response: subtaskViewSchema,
  },
  'subtasks.retry': { request: ofSubtask, response: subtaskViewSchema },
  'artifacts.get': {
    request: z.object({ principal: principalSchema, artifactId: z.uuid() }),
    response: storedArtifactSchema,
  },
  ...deadLetterMethods,
  ...laneMethods,
  ...quotaMethods,
  ...scheduleMethods,
  ...webhookMethods,
});
export type TaskIntakeRpc = (typeof taskIntakeRpc)['methods'];
