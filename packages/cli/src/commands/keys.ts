import { apiKeyScopes, type ApiKeyScope, type ApiKeyView } from '@backend2/contracts';
import { Option } from 'commander';
import type { Commands } from '../run.ts';
import { listing } from '../table.ts';
import { addRemoval } from './removal.ts';

interface CreateOptions {
  readonly scope?: ApiKeyScope[];
  readonly expires?: string;
}

export const addKeyCommands = ({ program, context }: Commands): void => {
  const keys = program.command('keys').description('your API keys; needs a session, not a key');

  keys
    .command('ls')
    .description('list them, newest first')
    .action(async () => {
      const { client, show } = context();
      const { items } = await (await client()).apiKeys.list();
      show(items, (shown) => listing(headings, shown.map(rowOf), 'You have no API keys.'));
    });

  keys
    .command('create')
    .description('make one; it is printed once and never again')
    .argument('<name>')
    .addOption(
      new Option('--scope <scope...>', 'what it may do; default read and write').choices(apiKeyScopes),
    )
    .option('--expires <time>', 'ISO 8601 with a zone, such as 2027-01-01T00:00:00Z')
    .action(async (name: string, { scope, expires }: CreateOptions) => {
      const { client, io, json, print, printJson } = context();
      const made = await (
        await client()
      ).apiKeys.create({
        name,
        ...(scope && { scopes: scope }),
        ...(expires && { expiresAt: expires }),
      });
      if (json) return printJson(made);
      print(made.key);
      io.err.write(`Keep it: it is not shown again. It may ${made.scopes.join(' and ')}.\n`);
    });

  addRemoval(keys, context, 'end one: it is refused everywhere within a second', ({ apiKeys }, id) =>
    apiKeys.delete(id),
  );
};

const headings = ['ID', 'BEGINS', 'SCOPES', 'LAST USED', 'EXPIRES', 'NAME'];
const day = (time: string | null, otherwise: string): string => time?.slice(0, 10) ?? otherwise;
const rowOf = ({ id, prefix, scopes, lastUsedAt, expiresAt, name }: ApiKeyView): string[] => [
  id,
  prefix,
  scopes.join(','),
  day(lastUsedAt, 'never'),
  day(expiresAt, 'never'),
  name,
];
