import type { Commands } from '../run.ts';
import { addRemoval } from './removal.ts';

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
        const { client, show } = context();
        show(await (await client()).tasks[name](id), (task) => `${task.name}: ${task.state}`);
      });
  }

  addRemoval(program, context, 'delete a task', ({ tasks }, id) => tasks.delete(id));
};
