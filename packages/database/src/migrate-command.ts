import { parseArgs } from 'node:util';
import { migrate, migrateDown, migrationStatus } from './migrate.ts';
import { waitForPrimary } from './find-primary.ts';
import { serverUrls } from './server-urls.ts';
import { serverName } from './server-name.ts';

const usage = `Usage: migrate up [--wait] | down [--to NAME|0] | status
Reads DATABASE_URL (the primary, not through a pooler). down takes back the last migration, or all down to and including NAME.
--wait: for up to a minute, until a server takes writes.`;

const say = (line: string) => void process.stdout.write(`${line}\n`);
const warn = (line: string) => void process.stderr.write(`${line}\n`);
const onDone = ({ name, direction, ms }: { name: string; direction: string; ms: number }) =>
  say(`${direction} ${name} (${ms} ms)`);

const run = async (): Promise<void> => {
  const { positionals, values } = parseArgs({
    allowPositionals: true,
    options: { to: { type: 'string' }, wait: { type: 'boolean', default: false } },
  });
  const [command = ''] = positionals;
  const given = process.env['DATABASE_URL'] ?? '';
  if (!['up', 'down', 'status'].includes(command) || positionals.length !== 1) throw new Error(usage);
  if (!serverUrls(given).every((server) => URL.canParse(server)))
    throw new Error('DATABASE_URL must be set to the URL of the primary.');
  const url = values.wait ? await waitForPrimary(given, warn) : given;
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
  warn(`${message}${cause instanceof Error ? ` (${cause.message})` : ''}`);
  process.exitCode = 1;
}
