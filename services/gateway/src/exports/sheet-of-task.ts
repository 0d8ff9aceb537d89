import { buffer } from 'node:stream/consumers';
import type { ContactSheet, SheetCell, SheetGroup } from '@backend2/artifacts';
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

type Sources = Pick<Dependencies, 'tasks' | 'artifacts'>;

/**
 * The task's matrix as a contact sheet: the longest axis down, the next across, a table for every combination of the
 * rest. Pictures are read when the sheet asks for them.
 *
 * @throws DomainError `sheet_too_large` where it has more than `maxCells` cells.
 */
export const sheetOfTask = async (
  { tasks, artifacts }: Sources,
  principal: Principal,
  task: TaskDetail,
  maxCells: number,
  signal: AbortSignal,
): Promise<ContactSheet> => {
  if (task.total > maxCells) throw tooLarge(task.total, maxCells);
  const [down, across, ...further] = task.axes.toSorted((a, b) => b.length - a.length);
  const choices = combinations(further);
  const views: MatrixView[] = [];
  for (const fixed of choices) {
    const query = { ...(across && { x: across.name }), ...(down && { y: down.name }), fixed };
    views.push(await tasks.call('tasks.matrix', { principal, taskId: task.id, query }, { signal }));
  }
  const cellOf = async ({ state, artifacts: [first] }: MatrixCell): Promise<SheetCell> => {
    if (state !== 'succeeded') return state === 'queued' ? 'pending' : state;
    // Its result may be something else than a picture.
    if (!first?.contentType.startsWith('image/')) return 'cancelled';
    const stored = await tasks.call('artifacts.get', { principal, artifactId: first.id }, { signal });
    return buffer(await artifacts.open(stored));
  };
  const groups = views.map(({ cells }, index): SheetGroup => ({
    heading: headingOf(task, choices[index] ?? {}),
    cell: (row, column) => {
      const cell = cells[row]?.[column];
      return cell ? cellOf(cell) : 'pending';
    },
  }));
  const [first] = views;
  return {
    title: task.name,
    subtitle: `${task.counts.succeeded} of ${task.total} succeeded`,
    ...(across && { columnAxis: across.name }),
    ...(down && { rowAxis: down.name }),
    columns: first?.x?.values.map(labelOf) ?? [''],
    rows: first?.y?.values.map(labelOf) ?? [''],
    groups,
    aspect: aspectOf(views),
  };
};

/** Every choice of one index an axis, the last axis fastest. */
const combinations = (axes: readonly Axis[]): Record<string, number>[] =>
  axes.reduce<Record<string, number>[]>(
    (chosen, { name, length }) =>
      chosen.flatMap((choice) => Array.from({ length }, (_, index) => ({ ...choice, [name]: index }))),
    [{}],
  );

const headingOf = (task: TaskDetail, fixed: Record<string, number>): string =>
  Object.entries(fixed)
    .map(([name, index]) => `${name}: ${labelOf(valueAt(task, name, index))}`)
    .join(', ');

const valueAt = (task: TaskDetail, axisName: string, index: number): Json => {
  const axis = task.axes.find(({ name }) => name === axisName);
  const values = task.variables
    .filter(({ name }) => axis?.variables.includes(name))
    .map((variable) => variable.values[index] ?? null);
  if (values.length === 0) return index + 1;
  return values.length === 1 ? (values[0] ?? null) : values;
};

/** A value as a heading shows it: text as it is, several zipped ones beside one another. */
const labelOf = (value: Json): string => {
  if (typeof value === 'string') return value;
  if (Array.isArray(value)) return value.map(labelOf).join(' / ');
  return JSON.stringify(value);
};

/** Of the first picture whose size is known: a sweep's pictures seldom differ. */
const aspectOf = (views: readonly MatrixView[]): number => {
  for (const cell of views.flatMap(({ cells }) => cells.flat())) {
    const { width, height } = cell.artifacts[0] ?? {};
    if (width && height) return width / height;
  }
  return 1;
};

const tooLarge = (total: number, most: number): DomainError =>
  new DomainError(
    'invalid',
    'sheet_too_large',
    `The task has ${total} cells and a contact sheet shows ${most} at the most. Export the pictures with format=zip.`,
  );
