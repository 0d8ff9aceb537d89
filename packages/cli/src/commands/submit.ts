import type { Client, NewTask } from '@backend2/client';
import type { TaskView } from '@backend2/contracts';
import type { Context } from '../context.ts';
import { exitCodes } from '../exit-codes.ts';
import type { Io } from '../io.ts';
import { progressView } from '../progress-view.ts';
import { readJsonObject } from '../read-json.ts';
import type { Commands } from '../run.ts';

export const addSubmitCommands = ({ program, context, end }: Commands): void => {
  program
    .command('submit')
    .description('submit the task of a JSON file, or each of { "tasks": [...] }; - reads standard input')
    .argument('<file>')
    .option('--watch', 'stay until they are finished')
    .action(async (file: string, { watch }: { watch?: boolean }) => {
      const ctx = context();
      const wanted = await tasksIn(ctx.io, file);
      const client = await ctx.client();
      const tasks: TaskView[] = [];
      for (const task of wanted) {
        const made = await client.tasks.create(task);
        ctx.io.err.write(`Submitted "${made.name}": ${made.total} subtasks on lane ${made.lane}.\n`);
        tasks.push(made);
      }
      const finished = watch ? await watchInTurn(ctx, client, tasks) : tasks;
      if (ctx.json) ctx.printJson(finished);
      else for (const { id } of finished) ctx.print(id);
      if (watch && !finished.every(isWhole)) end(exitCodes.failed);
    });

  program
    .command('watch')
    .description('follow a task until it is finished; fails unless every subtask succeeded')
    .argument('<id>')
    .action(async (id: string) => {
      const ctx = context();
      const client = await ctx.client();
      const [task] = await watchInTurn(ctx, client, [await client.tasks.get(id)]);
      if (!task) return;
      if (ctx.json) ctx.printJson(task);
      else ctx.print(`${task.state}: ${task.counts.succeeded} of ${task.total} succeeded`);
      if (!isWhole(task)) end(exitCodes.failed);
    });
};

const isWhole = ({ counts, total }: TaskView): boolean => counts.succeeded === total;

const watchInTurn = async (ctx: Context, client: Client, tasks: readonly TaskView[]): Promise<TaskView[]> => {
  const finished: TaskView[] = [];
  for (const { id } of tasks) {
    const progress = progressView(ctx.io);
    try {
      finished.push(
        await client.tasks.waitUntilFinished(id, {
          signal: ctx.io.signal,
          onProgress: (task) => progress.update(task),
        }),
      );
    } finally {
      progress.stop();
    }
  }
  return finished;
};

const tasksIn = async (io: Io, file: string): Promise<NewTask[]> => {
  const parsed = await readJsonObject(io, file, 'task');
  // The API judges the rest, and names every path that is wrong.
  return 'tasks' in parsed && Array.isArray(parsed.tasks) ? (parsed.tasks as NewTask[]) : [parsed as NewTask];
};
