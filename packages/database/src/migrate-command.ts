import { parseArgs } from 'node:util';
import { migrate, migrateDown, migrationStatus } from './migrate.ts';
import { serverUrls } from './server-urls.ts';
import { serverName } from './server-name.ts';

const usage = `Usage: migrate up | down [--to NAME|0] | status
Reads DATABASE_URL (the primary, not through a pooler). down takes back the last migration, or all down to and including NAME.`;

const say = (line: string) => void process.stdout.write(`${line}\n`);
const onDone = ({ name, direction, ms }: { name: string; direction: string; ms: number }) =>
  say(`${direction} ${name} (${ms} ms)`);

const run = async (): Promise<void> => {
  const { positionals, values } = parseArgs({ allowPositionals: true, options: { to: { type: 'string' } } });
  const [command = ''] = positionals;
  const url = process.env['DATABASE_URL'] ?? '';
  if (!['up', 'down', 'status'].includes(command) || positionals.length !== 1) throw new Error(usage);
  if (!serverUrls(url).every((server) => URL.canParse(server)))
    throw new Error('DATABASE_URL must be set to the URL of the primary.');
  if (command === 'status') {
    const { done, pending } = await migrationStatus(url);
    for (const name of done) say(`done    ${name}`);
    for (const name of pending) say(`pending ${name}`);
    return;
  }
  const ran =
    command === 'up'
      ? await migrate(url, { onDone })
      : await migrateDown(url, {
          onDone,
          ...(values.to !== undefined && { to: values.to === '0' ? 0 : values.to }),
        });
  say(ran.length > 0 ? `${ran.length} done on ${serverName(url)}` : `nothing to do on ${serverName(url)}`);
};

try {
  await run();
} catch (error) {
  const { message, cause } = error as Error;
  process.stderr.write(`${message}${cause instanceof Error ? ` (${cause.message})` : ''}\n`);
  process.exitCode = 1;
}
