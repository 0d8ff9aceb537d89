import type { Commands } from '../run.ts';

const actions = [
  ['cancel', 'drop what waits, abort what runs'],
  ['pause', 'let what runs go on, start nothing further'],
  ['resume', 'go on with a paused task'],
  ['retry', 'run the failed subtasks again'],
] as const;

export const addActionCommands = ({ program, context }: Commands): void => {
  for (const [name, description] of actions) {
    program
      .command(name)
      .description(description)
      .argument('<id>')
      .action(async (id: string) => {
        const { client, json, print, printJson } = context();
        const task = await (await client()).tasks[name](id);
        if (json) printJson(task);
        else print(`${task.name}: ${task.state}`);
      });
  }

  program
    .command('rm')
    .description('delete a task')
    .argument('<id>')
    .action(async (id: string) => {
      const { client, print } = context();
      await (await client()).tasks.delete(id);
      print('Deleted.');
    });
};
