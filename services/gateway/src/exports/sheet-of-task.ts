import { buffer } from 'node:stream/consumers';
import {
  DomainError,
  type Axis,
  type Json,
  type MatrixCell,
  type MatrixView,
  type Principal,
  type TaskDetail,
} from '@backend2/contracts';
import type { Dependencies } from '../http/dependencies.ts';
import type { Sheet, SheetCell, SheetPage } from './sheet.ts';

type Sources = Pick<Dependencies, 'tasks' | 'artifacts'>;

/**
 * The task's matrix as a contact sheet: the longest axis down, the next across, a page for every combination of the rest.
 *
 * @throws DomainError `sheet_too_large` where it has more than `maxCells` cells.
 */
export const sheetOfTask = async (
  { tasks, artifacts }: Sources,
  principal: Principal,
  task: TaskDetail,
  maxCells: number,
  signal: AbortSignal,
): Promise<Sheet> => {
  if (task.total > maxCells) {
    throw new DomainError(
      'invalid',
      'sheet_too_large',
      `The task has ${task.total} cells and a contact sheet shows ${maxCells} at the most. Export the pictures with format=zip.`,
    );
  }
  const [down, across, ...further] = task.axes.toSorted((a, b) => b.length - a.length);
  const readCell = ({ state, artifacts: [first] }: MatrixCell): SheetCell => {
    if (!first?.contentType.startsWith('image/')) return { state };
    const read = async (): Promise<Uint8Array> => {
      const stored = await tasks.call('artifacts.get', { principal, artifactId: first.id }, { signal });
      return buffer(await artifacts.open(stored));
    };
    return { state, read };
  };
  const pages: SheetPage[] = [];
  for (const fixed of combinations(further)) {
    const query = { ...(across && { x: across.name }), ...(down && { y: down.name }), fixed };
    const view = await tasks.call('tasks.matrix', { principal, taskId: task.id, query }, { signal });
    pages.push({ ...headingsOf(view, task, fixed), cells: view.cells.map((row) => row.map(readCell)) });
  }
  return {
    title: task.name,
    subtitle: `${task.counts.succeeded} of ${task.total} succeeded`,
    columnsName: across?.name ?? '',
    rowsName: down?.name ?? '',
    pages,
  };
};

/** Every choice of one index an axis, the last axis fastest. */
export const combinations = (axes: readonly Axis[]): Record<string, number>[] =>
  axes.reduce<Record<string, number>[]>(
    (chosen, { name, length }) =>
      chosen.flatMap((choice) => Array.from({ length }, (_, index) => ({ ...choice, [name]: index }))),
    [{}],
  );

const headingsOf = (view: MatrixView, task: TaskDetail, fixed: Record<string, number>) => ({
  heading: Object.entries(fixed)
    .map(([name, index]) => `${name}: ${labelOf(valueAt(task, name, index))}`)
    .join(', '),
  columns: view.x?.values.map(labelOf) ?? [''],
  rows: view.y?.values.map(labelOf) ?? [''],
});

const valueAt = (task: TaskDetail, axisName: string, index: number): Json => {
  const axis = task.axes.find(({ name }) => name === axisName);
  const values = task.variables
    .filter(({ name }) => axis?.variables.includes(name))
    .map((variable) => variable.values[index] ?? null);
  if (values.length === 0) return index + 1;
  return values.length === 1 ? (values[0] ?? null) : values;
};

/** A value as a heading shows it: text as it is, several zipped ones beside one another. */
export const labelOf = (value: Json): string => {
  if (typeof value === 'string') return value;
  if (Array.isArray(value)) return value.map(labelOf).join(' / ');
  return JSON.stringify(value);
};
