import {
  lanes,
  taskStates,
  type Lane,
  type TaskDetail,
  type TaskState,
  type TaskView,
} from '@backend2/contracts';
import { Option } from 'commander';
import { CommandError } from '../command-error.ts';
import { exitCodes } from '../exit-codes.ts';
import { firstOf, pageOf, wholeNumber } from '../first-of.ts';
import { matrixPicture } from '../matrix-picture.ts';
import type { Commands } from '../run.ts';
import { summaryPicture } from '../summary-picture.ts';
import { listing, shorten, table } from '../table.ts';

interface ListOptions {
  readonly status?: TaskState;
  readonly lane?: Lane;
  readonly search?: string;
  readonly limit: string;
}

interface MatrixOptions {
  readonly x?: string;
  readonly y?: string;
  readonly at: readonly string[];
}

export const addReadingCommands = ({ program, context }: Commands): void => {
  program
    .command('ls')
    .description('list your tasks, newest first')
    .addOption(new Option('--status <state>').choices(taskStates))
    .addOption(new Option('--lane <lane>').choices(lanes))
    .option('--search <text>', 'in the name')
    .option('--limit <count>', 'how many', '20')
    .action(async ({ limit, ...filter }: ListOptions) => {
      const { client, show } = context();
      const most = wholeNumber('--limit', limit);
      const found = (await client()).tasks.iterate({ ...filter, limit: pageOf(most) });
      show(await firstOf(found, most), (tasks) =>
        listing(headings, tasks.map(rowOf), 'There are no such tasks.'),
      );
    });

  program
    .command('get')
    .description('show a task')
    .argument('<id>')
    .action(async (id: string) => {
      const { client, show } = context();
      show(await (await client()).tasks.get(id), detailOf);
    });

  program
    .command('matrix')
    .description("draw a task's matrix")
    .argument('<id>')
    .option('--x <axis>')
    .option('--y <axis>')
    .option('--at <axis=index...>', 'fix a further axis', [])
    .action(async (id: string, { x, y, at }: MatrixOptions) => {
      const { client, show } = context();
      const fixed = Object.fromEntries(at.map(fixedAxis));
      show(
        await (await client()).tasks.matrix(id, { ...(x && { x }), ...(y && { y }), fixed }),
        matrixPicture,
      );
    });

  program
    .command('summary')
    .description('how the values of each axis fared: good, poor, failed, how long')
    .argument('<id>')
    .action(async (id: string) => {
      const { client, show } = context();
      show(await (await client()).tasks.summary(id), summaryPicture);
    });
};

const headings = ['ID', 'STATE', 'DONE', 'LANE', 'CREATED', 'NAME'];
const rowOf = ({ id, state, counts, total, lane, createdAt, name }: TaskView): string[] => [
  id,
  state,
  `${counts.succeeded + counts.failed + counts.cancelled}/${total}`,
  lane,
  createdAt.slice(0, 16).replace('T', ' '),
  shorten(name, 60),
];

const detailOf = (task: TaskDetail): string => {
  const { counts, axes } = task;
  const states = Object.entries(counts).filter(([, count]) => count > 0);
  return table([
    ['name', task.name],
    ['state', task.state],
    ['lane', task.lane],
    ['kind', task.kind],
    ['subtasks', `${task.total} (${states.map(([state, count]) => `${count} ${state}`).join(', ')})`],
    ['axes', axes.map(({ name, length }) => `${name} x${length}`).join(', ')],
    ['created', task.createdAt],
    ['finished', task.finishedAt ?? '-'],
  ]);
};

const fixedAxis = (text: string): [string, number] => {
  const [, name = '', index = ''] = /^([^=]+)=(\d+)$/.exec(text) ?? [];
  if (name !== '') return [name, Number(index)];
  throw new CommandError(exitCodes.usage, `--at must be like seed=0; "${text}" is not.`);
};
