import {
  chmodSync,
  chownSync,
  cpSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { startOwnPostgres, until } from '@backend2/testkit';
import test, { type ExecutionContext } from 'ava';
import pg from 'pg';
import { runToEnd } from '../test/start-system.ts';

/** As an operator finds it in the configuration that ships. */
const archiveCommand =
  /^# archive_command = '(.+)'$/m.exec(
    readFileSync(new URL('../../../infra/postgres/postgresql.conf', import.meta.url), 'utf8'),
  )?.[1] ?? '';

const connect = async (t: ExecutionContext, url: string): Promise<pg.Client> => {
  const client = new pg.Client({ connectionString: url });
  client.on('error', () => undefined); // the server is killed on purpose
  await client.connect();
  t.teardown(() => client.end().catch(() => undefined));
  return client;
};

test.serial(
  'a database is brought back to the moment before a mistake, from a base backup and the archived log',
  async (t) => {
    t.timeout(600_000);
    const home = mkdtempSync(join(tmpdir(), 'backend2-recovery-'));
    chmodSync(home, 0o755);
    t.teardown(() => rmSync(home, { recursive: true, force: true }));
    const folders = {
      first: join(home, 'first'),
      second: join(home, 'second'),
      archive: join(home, 'archive'),
    };
    for (const folder of [folders.archive, folders.second]) {
      mkdirSync(folder);
      if (process.getuid?.() === 0) chownSync(folder, 65_534, 65_534);
    }
    mkdirSync(folders.first);
    chmodSync(folders.first, 0o711);
    const first = await startOwnPostgres(t, { standby: false, dir: folders.first });
    const setup = await connect(t, first.primary.url);
    await setup.query('alter system set archive_mode = on');
    await setup.query(
      `alter system set archive_command = ${pg.escapeLiteral(archiveCommand.replaceAll('/archive/', `${folders.archive}/`))}`,
    );
    await setup.end();
    await first.primary.stop();
    await first.primary.start();

    const client = await connect(t, first.primary.url);
    await client.query("create table kept (what text); insert into kept values ('before the base')");
    await client.query("select pg_backup_start('base', true)");
    const base = join(home, 'base');
    cpSync(join(folders.first, 'primary'), base, {
      recursive: true,
      filter: (path) => !/postmaster\.pid|pg_wal\/[\dA-F]{24}/.test(path),
    });
    const { rows: stopped } = await client.query<{ labelfile: string }>(
      'select labelfile from pg_backup_stop()',
    );
    writeFileSync(join(base, 'backup_label'), stopped[0]?.labelfile ?? '');
    if (process.getuid?.() === 0) chownSync(base, 65_534, 65_534);

    await client.query("insert into kept values ('after the base')");
    // A moment of whole milliseconds after the insert, which is all that --time can say.
    const { rows } = await client.query<{ now: Date }>(
      `select date_trunc('milliseconds', clock_timestamp()) + interval '1 millisecond' as now`,
    );
    const isPast = async () => {
      const asked = [rows[0]?.now];
      return (await client.query<{ past: boolean }>('select clock_timestamp() > $1 as past', asked)).rows[0]
        ?.past;
    };
    await until(isPast, { what: 'the moment past' });
    await client.query('drop table kept');
    const { rows: walRows } = await client.query<{ file: string }>(
      'select pg_walfile_name(pg_switch_wal()) as file',
    );
    await until(() => readdirSync(folders.archive).includes(walRows[0]?.file ?? ''), {
      timeoutMs: 60_000,
      what: 'the log archived',
    });
    await first.kill();

    // A name that a shell and a server would take apart.
    const archive = join(home, "the operator's 100 % archive");
    symlinkSync(folders.archive, archive);
    const said = await runToEnd(t, 'packages/operations/src/recover-command.ts', {}, [
      '--base',
      base,
      '--archive',
      archive,
      '--data',
      join(folders.second, 'primary'),
      '--time',
      rows[0]?.now.toISOString() ?? '',
    ]);
    t.regex(said, /Start Postgres over/);
    const second = await startOwnPostgres(t, { standby: false, dir: folders.second });
    const recovered = await connect(t, second.primary.url);
    await until(
      async () =>
        (await recovered.query<{ done: boolean }>('select not pg_is_in_recovery() as done')).rows[0]?.done,
      { timeoutMs: 60_000, what: 'the recovery done' },
    );
    const { rows: kept } = await recovered.query<{ what: string }>('select what from kept order by what');
    t.deepEqual(
      kept.map(({ what }) => what),
      ['after the base', 'before the base'],
    );
    await recovered.query("insert into kept values ('and writes')");
  },
);
