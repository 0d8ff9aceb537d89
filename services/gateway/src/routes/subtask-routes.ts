import {
  pageSchema,
  subtaskListQuerySchema,
  subtaskPatchSchema,
  subtaskResultSchema,
  subtaskViewSchema,
} from '@backend2/contracts';
import { z } from 'zod';
import type { Dependencies } from '../http/dependencies.ts';
import { route, type Route } from '../http/route.ts';
import { ofTask } from './task-routes.ts';

const ofSubtask = ofTask.extend({
  ordinal: z
    .string()
    .regex(/^\d{1,9}$/)
    .transform(Number),
});
const base = { tag: 'subtasks', access: 'user' } as const;

export const subtaskRoutes = ({ tasks }: Dependencies): Route[] => [
  route({
    ...base,
    method: 'get',
    path: '/tasks/:taskId/subtasks',
    operationId: 'listSubtasks',
    summary: 'List the subtasks of a task by ordinal',
    params: ofTask,
    query: subtaskListQuerySchema,
    answer: { status: 200, schema: pageSchema(subtaskViewSchema) },
    handle: ({ principal, params, query, signal }) =>
      tasks.call('subtasks.list', { principal, ...params, query }, { signal }),
  }),
  route({
    ...base,
    method: 'get',
    path: '/tasks/:taskId/subtasks/:ordinal',
    operationId: 'getSubtask',
    summary: 'Read a subtask',
    params: ofSubtask,
    answer: { status: 200, schema: subtaskViewSchema },
    handle: ({ principal, params, signal }) =>
      tasks.call('subtasks.get', { principal, ...params }, { signal }),
  }),
  route({
    ...base,
    method: 'get',
    path: '/tasks/:taskId/subtasks/:ordinal/result',
    operationId: 'getSubtaskResult',
    summary: 'What became of a subtask',
    description: 'The quick way to ask whether it is finished, and with what.',
    params: ofSubtask,
    answer: { status: 200, schema: subtaskResultSchema },
    handle: ({ principal, params, signal }) =>
      tasks.call('subtasks.result', { principal, ...params }, { signal }),
  }),
  route({
    ...base,
    method: 'patch',
    path: '/tasks/:taskId/subtasks/:ordinal',
    operationId: 'updateSubtask',
    summary: 'Rate a subtask',
    params: ofSubtask,
    body: subtaskPatchSchema,
    answer: { status: 200, schema: subtaskViewSchema },
    handle: ({ principal, params, body }) =>
      tasks.call('subtasks.update', { principal, ...params, patch: body }),
  }),
  route({
    ...base,
    method: 'post',
    path: '/tasks/:taskId/subtasks/:ordinal/retry',
    operationId: 'retrySubtask',
    summary: 'Run a failed subtask again',
    params: ofSubtask,
    answer: { status: 200, schema: subtaskViewSchema },
    refusals: { nothing_to_retry: 409, quota_exceeded: 429 },
    handle: ({ principal, params }) => tasks.call('subtasks.retry', { principal, ...params }),
  }),
];
