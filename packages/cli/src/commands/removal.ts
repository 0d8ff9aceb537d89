import type { Client } from '@backend2/client';
import type { Command } from 'commander';
import type { Commands } from '../run.ts';

/** A command `rm` that deletes what an id names. */
export const addRemoval = (
  parent: Command,
  context: Commands['context'],
  description: string,
  remove: (client: Client, id: string) => Promise<void>,
): void => {
  parent
    .command('rm')
    .description(description)
    .argument('<id>')
    .action(async (id: string) => {
      const { client, print } = context();
      await remove(await client(), id);
      print('Deleted.');
    });
};
