import type { NewSchedule } from '@backend2/client';
import type { ScheduleView } from '@backend2/contracts';
import { firstOf, pageOf, wholeNumber } from '../first-of.ts';
import { readJsonObject } from '../read-json.ts';
import type { Commands } from '../run.ts';
import { listing, shorten } from '../table.ts';
import { addRemoval } from './removal.ts';

const changes = [
  ['pause', 'submit nothing until it is resumed'],
  ['resume', 'go on from the next time'],
] as const;

export const addScheduleCommands = ({ program, context }: Commands): void => {
  const schedules = program
    .command('schedules')
    .description('tasks submitted at the times of a cron expression');

  schedules
    .command('ls')
    .description('list them, newest first')
    .option('--limit <count>', 'how many', '20')
    .action(async ({ limit }: { limit: string }) => {
      const { client, show } = context();
      const most = wholeNumber('--limit', limit);
      const found = await firstOf((await client()).schedules.iterate({ limit: pageOf(most) }), most);
      show(found, (items) => listing(headings, items.map(rowOf), 'You have no schedules.'));
    });

  schedules
    .command('create')
    .description('make one from a JSON file: { "name", "cron", "timeZone", "task" }; - reads standard input')
    .argument('<file>')
    .action(async (file: string) => {
      const { client, io, json, print, printJson } = context();
      // The API judges the rest, and names every path that is wrong.
      const wanted = (await readJsonObject(io, file, 'schedule')) as NewSchedule;
      const made = await (await client()).schedules.create(wanted);
      if (json) return printJson(made);
      print(made.id);
      io.err.write(`"${made.name}" runs next at ${made.nextRuns[0] ?? 'no time'}.\n`);
    });

  for (const [name, description] of changes) {
    schedules
      .command(name)
      .description(description)
      .argument('<id>')
      .action(async (id: string) => {
        const { client, show } = context();
        show(
          await (await client()).schedules[name](id),
          (now) => `${now.name}: ${now.paused ? 'paused' : `next at ${now.nextRuns[0] ?? 'no time'}`}`,
        );
      });
  }

  schedules
    .command('run')
    .description('submit its task now')
    .argument('<id>')
    .action(async (id: string) => {
      const { client, show } = context();
      show(await (await client()).schedules.run(id), (task) => task.id);
    });

  addRemoval(schedules, context, 'delete one; the tasks it submitted stay', (client, id) =>
    client.schedules.delete(id),
  );
};

const headings = ['ID', 'CRON', 'TIME ZONE', 'NEXT', 'LAST RUN', 'NAME'];
const rowOf = ({ id, cron, timeZone, paused, nextRuns, lastRun, name }: ScheduleView): string[] => [
  id,
  cron,
  timeZone,
  paused ? 'paused' : (nextRuns[0]?.slice(0, 16).replace('T', ' ') ?? '-'),
  lastRun === null ? '-' : (lastRun.error?.code ?? lastRun.outcome),
  shorten(name, 60),
];
