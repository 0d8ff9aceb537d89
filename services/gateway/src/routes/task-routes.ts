import {
  estimateViewSchema,
  matrixViewSchema,
  pageSchema,
  taskDetailSchema,
  taskListQuerySchema,
  taskSubmissionSchema,
  taskSummarySchema,
  taskViewSchema,
} from '@backend2/contracts';
import { z } from 'zod';
import type { Dependencies } from '../http/dependencies.ts';
import { idOf } from '../http/idempotency.ts';
import { route, type Route } from '../http/route.ts';

export const ofTask = z.object({ taskId: z.uuid() });
const base = { tag: 'tasks', access: 'user' } as const;

const actions = [
  ['cancel', 'Cancel a task: what waits is dropped, what runs is aborted', { task_finished: 409 }],
  ['pause', 'Pause a task: what runs goes on, nothing further starts', { task_finished: 409 }],
  ['resume', 'Resume a paused task', { task_not_paused: 409 }],
  ['retry', 'Run its failed subtasks again', { nothing_to_retry: 409, quota_exceeded: 429 }],
] as const;

/** Any other parameter fixes an axis by its name. */
const sliceQuery = z
  .object({ x: z.string().max(64).optional(), y: z.string().max(64).optional() })
  .catchall(z.coerce.number('must be an index').int('must be an index').nonnegative('must be an index'));

export const taskRoutes = ({ tasks, config }: Dependencies): Route[] => [
  route({
    ...base,
    method: 'post',
    path: '/tasks',
    operationId: 'createTask',
    summary: 'Submit a task',
    description: 'Accepted and stored when answered; its subtasks then run on their lane.',
    body: taskSubmissionSchema,
    audit: { details: ({ name, kind, lane }) => ({ name, kind, lane }) },
    idempotent: true,
    answer: { status: 202, schema: taskDetailSchema },
    refusals: { quota_exceeded: 429 },
    handle: async (call) => {
      const { principal, body, response } = call;
      const taskId = idOf(call);
      const task = await tasks.call('tasks.create', {
        principal,
        submission: body,
        ...(taskId === undefined ? {} : { taskId }),
      });
      response.location(`${config.apiPrefix}/tasks/${task.id}`);
      return task;
    },
  }),
  route({
    ...base,
    method: 'post',
    path: '/tasks/estimate',
    changes: false,
    operationId: 'estimateTask',
    summary: 'How many subtasks, how long; nothing is stored',
    body: taskSubmissionSchema,
    answer: { status: 200, schema: estimateViewSchema },
    handle: ({ principal, body, signal }) =>
      tasks.call('tasks.estimate', { principal, submission: body }, { signal }),
  }),
  route({
    ...base,
    method: 'get',
    path: '/tasks',
    operationId: 'listTasks',
    summary: 'List tasks, newest first',
    query: taskListQuerySchema,
    answer: { status: 200, schema: pageSchema(taskViewSchema) },
    handle: ({ principal, query, signal }) => tasks.call('tasks.list', { principal, query }, { signal }),
  }),
  route({
    ...base,
    method: 'get',
    path: '/tasks/:taskId',
    operationId: 'getTask',
    summary: 'Read a task',
    params: ofTask,
    answer: { status: 200, schema: taskDetailSchema },
    handle: ({ principal, params, signal }) => tasks.call('tasks.get', { principal, ...params }, { signal }),
  }),
  ...actions.map(([action, summary, refusals]) =>
    route({
      ...base,
      method: 'post',
      path: `/tasks/:taskId/${action}`,
      operationId: `${action}Task`,
      summary,
      params: ofTask,
      answer: { status: 200, schema: taskViewSchema },
      refusals,
      handle: ({ principal, params }) => tasks.call(`tasks.${action}`, { principal, ...params }),
    }),
  ),
  route({
    ...base,
    method: 'delete',
    path: '/tasks/:taskId',
    operationId: 'deleteTask',
    summary: 'Delete a task',
    params: ofTask,
    answer: { status: 204 },
    handle: async ({ principal, params }) => {
      await tasks.call('tasks.delete', { principal, ...params });
    },
  }),
  route({
    ...base,
    method: 'get',
    path: '/tasks/:taskId/matrix',
    operationId: 'getMatrix',
    summary: 'A grid of cells over two axes',
    description:
      'Any further parameter is an axis by its name and fixes it at that index; 0 where none says.',
    params: ofTask,
    query: sliceQuery,
    openQuery: true,
    answer: { status: 200, schema: matrixViewSchema },
    handle: ({ principal, params, query: { x, y, ...fixed }, signal }) =>
      tasks.call('tasks.matrix', { principal, ...params, query: { x, y, fixed } }, { signal }),
  }),
  route({
    ...base,
    method: 'get',
    path: '/tasks/:taskId/summary',
    operationId: 'getSummary',
    summary: 'How the cells fared at each value of each axis',
    description:
      'States, ratings, and how long the succeeded ones took; all cells, whatever the other axes say.',
    params: ofTask,
    answer: { status: 200, schema: taskSummarySchema },
    handle: ({ principal, params, signal }) =>
      tasks.call('tasks.summary', { principal, ...params }, { signal }),
  }),
];
