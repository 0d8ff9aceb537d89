import { notFound, type Principal, type RpcHandlers, type TaskIntakeRpc } from '@backend2/contracts';
import type { Sequelize } from 'sequelize';
import { findArtifact, findSubtasks, findTask, listSubtasks } from '../adapters/postgres-task-store.ts';
import type { TaskResults } from '../adapters/redis-task-results.ts';
import { listTasks } from '../adapters/postgres-task-list.ts';
import { tallyAxes } from '../adapters/postgres-task-summary.ts';
import {
  artifactViewOf,
  subtaskViewOf,
  taskDetailOf,
  taskViewOf,
  type SubtaskRow,
} from '../adapters/task-rows.ts';
import { sliceOf } from '../domain/matrix.ts';
import { summaryOf } from '../domain/task-summary.ts';
import type { ReadYourWrites } from './read-your-writes.ts';

export interface ReadingDependencies {
  readonly reads: ReadYourWrites;
  readonly results: TaskResults;
  readonly apiPrefix: string;
}

type ReadingMethods = Pick<
  TaskIntakeRpc,
  | 'tasks.list'
  | 'tasks.get'
  | 'tasks.matrix'
  | 'tasks.summary'
  | 'subtasks.list'
  | 'subtasks.get'
  | 'subtasks.result'
  | 'artifacts.get'
>;

/** A subtask with its task, from one server. */
export const findOwnSubtask = async (
  server: Sequelize,
  principal: Principal,
  taskId: string,
  ordinal: number,
) => {
  const task = await findTask(server, principal, taskId);
  const [subtask] = await findSubtasks(server, taskId, [ordinal]);
  if (subtask === undefined) throw notFound('subtask');
  return { task, subtask };
};

/** What only looks; each read goes where `ReadYourWrites` says. */
export const readingHandlers = ({
  reads,
  results,
  apiPrefix,
}: ReadingDependencies): RpcHandlers<ReadingMethods> => ({
  'tasks.list': async ({ principal, query }) => {
    const page = await reads.read(principal, (server) => listTasks(server, principal, query));
    return { ...page, items: page.items.map(taskViewOf) };
  },
  'tasks.get': async ({ principal, taskId }) =>
    taskDetailOf(await reads.read(principal, (server) => findTask(server, principal, taskId), taskId)),
  'tasks.matrix': async ({ principal, taskId, query }) => {
    const look = async (server: Sequelize) => {
      const task = await findTask(server, principal, taskId);
      const cells = sliceOf(task, query);
      return { slice: cells, rows: await findSubtasks(server, taskId, cells.ordinals.flat()) };
    };
    const { slice, rows } = await reads.read(principal, look, taskId);
    const byOrdinal = new Map(rows.map((row) => [row.ordinal, row]));
    const cellOf = (ordinal: number) => {
      const row = byOrdinal.get(ordinal) as SubtaskRow;
      const { state, attempt, rating, result, error } = row;
      const artifacts = row.artifacts.map((artifact) => artifactViewOf(artifact, apiPrefix));
      return { ordinal, state, attempt, rating, result, error, artifacts };
    };
    return {
      taskId,
      x: slice.x,
      y: slice.y,
      fixed: slice.fixed,
      cells: slice.ordinals.map((row) => row.map(cellOf)),
    };
  },
  'tasks.summary': ({ principal, taskId }) =>
    reads.read(
      principal,
      async (server) => {
        const task = await findTask(server, principal, taskId);
        return summaryOf(task, await tallyAxes(server, taskId, task.axes));
      },
      taskId,
    ),
  'subtasks.list': async ({ principal, taskId, query }) => {
    const look = async (server: Sequelize) => ({
      task: await findTask(server, principal, taskId),
      page: await listSubtasks(server, taskId, query),
    });
    const { task, page } = await reads.read(principal, look, taskId);
    return { ...page, items: page.items.map((row) => subtaskViewOf(row, task, apiPrefix)) };
  },
  'subtasks.get': async ({ principal, taskId, ordinal }) => {
    const { task, subtask } = await reads.read(
      principal,
      (server) => findOwnSubtask(server, principal, taskId, ordinal),
      taskId,
    );
    return subtaskViewOf(subtask, task, apiPrefix);
  },
  'subtasks.result': async ({ principal, taskId, ordinal }) => {
    const kept = await results.find(principal, taskId, ordinal);
    if (kept !== undefined) return kept;
    const look = (server: Sequelize) => findOwnSubtask(server, principal, taskId, ordinal);
    const { task, subtask } = await reads.read(principal, look, taskId);
    const view = subtaskViewOf(subtask, task, apiPrefix);
    const { state, attempt, result, error, artifacts, finishedAt, durationMs } = view;
    return { taskId, ordinal, state, attempt, result, error, artifacts, finishedAt, durationMs };
  },
  'artifacts.get': async ({ principal, artifactId }) =>
    reads.read(principal, (server) => findArtifact(server, principal, artifactId)),
});
