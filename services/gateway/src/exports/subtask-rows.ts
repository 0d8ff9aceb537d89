import type { Json, Principal, SubtaskView, TaskDetail } from '@backend2/contracts';
import type { Dependencies } from '../http/dependencies.ts';

const pageSize = 200;

/** All subtasks of a task by ordinal, a page at a time as they are wanted. */
export async function* subtasksOf(
  tasks: Dependencies['tasks'],
  principal: Principal,
  taskId: string,
  signal: AbortSignal,
): AsyncGenerator<SubtaskView> {
  let cursor: string | undefined;
  do {
    const query = { limit: pageSize, ...(cursor === undefined ? {} : { cursor }) };
    const page = await tasks.call('subtasks.list', { principal, taskId, query }, { signal });
    yield* page.items;
    cursor = page.nextCursor ?? undefined;
  } while (cursor !== undefined);
}

type Cell = string | number | null;

const fixedColumns = [
  'ordinal',
  'state',
  'rating',
  'evaluation',
  'attempt',
  'error_code',
  'error_message',
  'artifact_url',
  'width',
  'height',
  'result',
  'started_at',
  'finished_at',
  'duration_ms',
] as const;

/** A variable's own name, unless that is a column's. */
const columnOf = (name: string): string =>
  (fixedColumns as readonly string[]).includes(name) ? `variables.${name}` : name;

export const headerOf = (task: TaskDetail): string[] => [
  'ordinal',
  ...task.variables.map(({ name }) => columnOf(name)),
  ...(task.batchSize > 1 ? [columnOf('batch')] : []),
  ...fixedColumns.slice(1),
];

/** @param origin put before the artifact's path, so that a spreadsheet can follow it. */
export const rowOf = (task: TaskDetail, subtask: SubtaskView, origin: string): Cell[] => {
  const [artifact] = subtask.artifacts;
  return [
    subtask.ordinal,
    ...task.variables.map(({ name }) => cellOf(subtask.values[name] ?? null)),
    ...(task.batchSize > 1 ? [subtask.coordinates['batch'] ?? 0] : []),
    subtask.state,
    subtask.rating,
    subtask.evaluation,
    subtask.attempt,
    subtask.error?.code ?? null,
    subtask.error?.message ?? null,
    artifact ? origin + artifact.url : null,
    artifact?.width ?? null,
    artifact?.height ?? null,
    cellOf(subtask.result),
    subtask.startedAt,
    subtask.finishedAt,
    subtask.durationMs,
  ];
};

const cellOf = (value: Json): Cell =>
  value === null || typeof value === 'string' || typeof value === 'number' ? value : JSON.stringify(value);
