import {
  estimateViewSchema,
  matrixViewSchema,
  pageSchema,
  subtaskResultSchema,
  subtaskViewSchema,
  taskDetailSchema,
  taskSummarySchema,
  taskViewSchema,
  type EstimateView,
  type MatrixView,
  type Page,
  type SubtaskPatch,
  type SubtaskResult,
  type SubtaskView,
  type TaskDetail,
  type TaskSummary,
  type TaskView,
  type subtaskListQuerySchema,
  type taskListQuerySchema,
  type taskSubmissionSchema,
} from '@backend2/contracts';
import type { z } from 'zod';
import { eventStream, type EventStreamOptions, type StreamedEvent } from './event-stream.ts';
import { everyItem } from './paging.ts';
import { randomKey } from './random-key.ts';
import type { Transport } from './transport.ts';
import { waitUntilFinished, type WaitOptions } from './wait-until-finished.ts';

export type NewTask = z.input<typeof taskSubmissionSchema>;
export type TaskFilter = Omit<Partial<z.output<typeof taskListQuerySchema>>, 'cursor'>;
export type SubtaskFilter = Omit<Partial<z.output<typeof subtaskListQuerySchema>>, 'cursor'>;
export const exportFormats = ['csv', 'json', 'png', 'zip'] as const;
export type ExportFormat = (typeof exportFormats)[number];

export interface MatrixSlice {
  readonly x?: string;
  readonly y?: string;
  /** An index for each further axis; 0 where it does not say. */
  readonly fixed?: Readonly<Record<string, number>>;
}

const taskPage = pageSchema(taskViewSchema);
const subtaskPage = pageSchema(subtaskViewSchema);
/** A contact sheet is composed before the first byte is sent. */
const exportTimeoutMs = 300_000;

export const tasksApi = (transport: Transport) => {
  const pathOf = (taskId: string, rest = ''): string => `/tasks/${encodeURIComponent(taskId)}${rest}`;
  const change = (taskId: string, action: string): Promise<TaskView> =>
    transport.json({ method: 'POST', path: pathOf(taskId, `/${action}`) }, taskViewSchema);
  const get = (taskId: string, { signal }: { signal?: AbortSignal } = {}): Promise<TaskDetail> =>
    transport.json({ method: 'GET', path: pathOf(taskId), ...(signal && { signal }) }, taskDetailSchema);
  const list = (query: TaskFilter & { cursor?: string } = {}): Promise<Page<TaskView>> =>
    transport.json({ method: 'GET', path: '/tasks', query }, taskPage);
  const subtasks = (
    taskId: string,
    query: SubtaskFilter & { cursor?: string } = {},
  ): Promise<Page<SubtaskView>> =>
    transport.json({ method: 'GET', path: pathOf(taskId, '/subtasks'), query }, subtaskPage);

  return {
    /** Sent with an idempotency key, so that a retry after a lost answer makes no second task. */
    create: (task: NewTask, options: { idempotencyKey?: string } = {}): Promise<TaskDetail> =>
      transport.json(
        {
          method: 'POST',
          path: '/tasks',
          body: task,
          headers: { 'idempotency-key': options.idempotencyKey ?? randomKey() },
          repeatable: true,
        },
        taskDetailSchema,
      ),
    /** Stores nothing. */
    estimate: (task: NewTask, options: { signal?: AbortSignal } = {}): Promise<EstimateView> =>
      transport.json(
        { method: 'POST', path: '/tasks/estimate', body: task, repeatable: true, ...options },
        estimateViewSchema,
      ),
    list,
    iterate: (filter: TaskFilter = {}): AsyncGenerator<TaskView> =>
      everyItem((cursor) => list({ ...filter, ...(cursor === undefined ? {} : { cursor }) })),
    get,
    cancel: (taskId: string): Promise<TaskView> => change(taskId, 'cancel'),
    pause: (taskId: string): Promise<TaskView> => change(taskId, 'pause'),
    resume: (taskId: string): Promise<TaskView> => change(taskId, 'resume'),
    /** Its failed subtasks. */
    retry: (taskId: string): Promise<TaskView> => change(taskId, 'retry'),
    delete: (taskId: string): Promise<void> => transport.empty({ method: 'DELETE', path: pathOf(taskId) }),

    subtasks,
    iterateSubtasks: (taskId: string, filter: SubtaskFilter = {}): AsyncGenerator<SubtaskView> =>
      everyItem((cursor) =>
        subtasks(taskId, { limit: 200, ...filter, ...(cursor === undefined ? {} : { cursor }) }),
      ),
    subtask: (taskId: string, ordinal: number): Promise<SubtaskView> =>
      transport.json({ method: 'GET', path: pathOf(taskId, `/subtasks/${ordinal}`) }, subtaskViewSchema),
    /** Answered from memory for a day after the subtask finished; the quick way to ask whether it has. */
    result: (taskId: string, ordinal: number): Promise<SubtaskResult> =>
      transport.json(
        { method: 'GET', path: pathOf(taskId, `/subtasks/${ordinal}/result`) },
        subtaskResultSchema,
      ),
    updateSubtask: (taskId: string, ordinal: number, patch: SubtaskPatch): Promise<SubtaskView> =>
      transport.json(
        { method: 'PATCH', path: pathOf(taskId, `/subtasks/${ordinal}`), body: patch, repeatable: true },
        subtaskViewSchema,
      ),
    retrySubtask: (taskId: string, ordinal: number): Promise<SubtaskView> =>
      transport.json(
        { method: 'POST', path: pathOf(taskId, `/subtasks/${ordinal}/retry`) },
        subtaskViewSchema,
      ),

    /** A grid of cells over two axes; the API chooses the two longest where neither is named. */
    matrix: (
      taskId: string,
      { x, y, fixed = {} }: MatrixSlice = {},
      options: { signal?: AbortSignal } = {},
    ): Promise<MatrixView> =>
      transport.json(
        { method: 'GET', path: pathOf(taskId, '/matrix'), query: { ...fixed, x, y }, ...options },
        matrixViewSchema,
      ),

    /** How the cells fared at each value of each axis. */
    summary: (taskId: string, options: { signal?: AbortSignal } = {}): Promise<TaskSummary> =>
      transport.json({ method: 'GET', path: pathOf(taskId, '/summary'), ...options }, taskSummarySchema),

    /** Changes of one task, or without an id of all one's tasks, in order, without gap or repeat. */
    events: (taskId?: string, options?: EventStreamOptions): AsyncGenerator<StreamedEvent> =>
      eventStream(transport, taskId === undefined ? '/events' : pathOf(taskId, '/events'), options),

    /** See `WaitOptions`; resolves with the task in its final state. */
    waitUntilFinished: (taskId: string, options?: WaitOptions): Promise<TaskView> =>
      waitUntilFinished(transport, pathOf(taskId, '/events'), (signal) => get(taskId, { signal }), options),

    /** The answer itself, its body yet to be read: exports can be large. */
    export: (
      taskId: string,
      format: ExportFormat,
      options: { signal?: AbortSignal } = {},
    ): Promise<Response> =>
      transport.send({
        method: 'GET',
        path: pathOf(taskId, '/export'),
        query: { format },
        timeoutMs: exportTimeoutMs,
        ...options,
      }),
    /** Where a browser that was allowed images downloads an export from. */
    exportUrl: (taskId: string, format: ExportFormat): string =>
      transport.url({ path: pathOf(taskId, '/export'), query: { format } }),
  };
};
export type TasksApi = ReturnType<typeof tasksApi>;
