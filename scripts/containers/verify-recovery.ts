import { eventually, expect, type Checklist } from './checklist.ts';
import type { ComposeService } from './compose-file.ts';
import type { Engine } from './engine.ts';

interface Options {
  readonly list: Checklist;
  readonly machine: Engine;
  readonly project: string;
  /** Of the gateway. */
  readonly url: string;
  /** With the login of the first admin. */
  readonly env: NodeJS.ProcessEnv;
  readonly running: readonly { readonly name: string; readonly service: ComposeService }[];
  readonly postgresPassword: string;
  readonly sweep: () => Promise<string>;
  readonly allHealthy: () => Promise<void>;
  readonly minutes: (count: number) => number;
}

interface Remembered {
  readonly answered: string;
  readonly anew: string;
  readonly known: readonly string[];
}

/** A backup, the loss of every store and file, a restore; then the loss of the primary alone. */
export const verifyRecovery = async (options: Options): Promise<void> => {
  const { list, machine, project, url, env, sweep, allHealthy, minutes } = options;
  const stores = ['postgres', 'postgres-standby', 'redis'];
  const staying = options.running.filter(({ service }) => service.restart !== 'no').map(({ name }) => name);

  const remember = async (): Promise<Remembered> => {
    const script = 'scripts/containers/remembering-client.ts';
    const { status, output } = await machine.outside(script, [url, 'before-the-backup'], env);
    expect(status === 0, output);
    return JSON.parse(output.trim().split('\n').at(-1) ?? '') as Remembered;
  };

  let before: Remembered | undefined;
  await list.check('a backup by its one-shot, with pg_dump, Redis and artifacts', async () => {
    before = await remember();
    const output = await machine.compose('run', '--rm', 'backup');
    expect(/pg_dump/.test(output) && /Redis: \d+ bytes/.test(output) && /is whole/.test(output), output);
    return /Backup \S+ is whole.*/.exec(output)?.[0] ?? '';
  });

  await list.check('every container and volume of the stores and the files is destroyed', async () => {
    await remember();
    await machine.compose('rm', '--stop', '--force', ...staying);
    for (const volume of ['postgres-primary', 'postgres-standby', 'redis', 'artifacts'])
      await machine.docker('volume', 'rm', `${project}_${volume}`);
    for (const name of stores) expect((await machine.containers(name)).length === 0, `${name} is there`);
  });

  await list.check('that backup is restored on empty servers, Redis with it', async () => {
    await machine.compose('up', '--detach', '--no-build', 'postgres', 'redis', 'migrate');
    await eventually(async () => {
      const [migrate] = await machine.containers('migrate');
      expect(migrate?.State.Status === 'exited' && migrate.State.ExitCode === 0, 'the roles are not there');
    }, minutes(3));
    const output = await machine.compose('run', '--rm', 'operate', 'restore', '--replace');
    const said = output.split('\n').filter((line) => /^(Postgres|Redis|Artifacts): /.test(line.trim()));
    expect(said.length === 3 && /Redis: [1-9]\d* keys restored/.test(output), output);
    return said.map((line) => line.trim()).join('; ');
  });

  await list.check(
    'what was there at the backup is there, and a repeated request is still known',
    async () => {
      await machine.compose('up', '--detach', '--no-build', '--scale', 'standard-worker=4');
      await eventually(allHealthy, minutes(4));
      const after = await remember();
      expect(before !== undefined, 'there was no backup');
      const made = [after.anew];
      const wanted = [...(before?.known ?? []), ...made].toSorted();
      expect(after.answered === before?.answered, `${before?.answered} is answered as ${after.answered}`);
      expect(
        after.known.toSorted().join() === wanted.join(),
        `tasks: ${after.known.join()}, not ${wanted.join()}`,
      );
      return `${before?.known.length} tasks; ${await sweep()}`;
    },
  );

  await list.check(
    'the primary is lost with its volume: an empty one in its place refuses to begin',
    async () => {
      await machine.compose('kill', 'postgres');
      await machine.compose('rm', '--force', 'postgres');
      await machine.docker('volume', 'rm', `${project}_postgres-primary`);
      await machine.compose('up', '--detach', '--no-build', '--no-deps', 'postgres');
      await eventually(async () => {
        const [postgres] = await machine.containers('postgres');
        const said = await machine.docker('logs', postgres?.Id ?? '');
        expect(said.includes('postgres-standby has the data: promote it'), said);
      }, minutes(1));
    },
  );

  await list.check('the standby is promoted, and services follow without a restart', async () => {
    const standby = `STANDBY_URL=postgres://postgres:${options.postgresPassword}@postgres-standby:5432/backend2`;
    const output = await machine.compose(
      'run',
      '--rm',
      '-e',
      standby,
      'operate',
      'promote-standby',
      '--fenced',
    );
    expect(/is the primary/.test(output), output);
    const back = await machine.outside('scripts/containers/returning-client.ts', [url], env);
    expect(back.status === 0, back.output);
    return `${back.output.trim()}; ${await sweep()}`;
  });

  await list.check('the empty one becomes the standby of the promoted one by itself', async () => {
    const [primary] = await machine.containers('postgres-standby');
    const sql = `select state, (select active from pg_replication_slots where slot_name = 'standby') from pg_stat_replication`;
    const psql = ['exec', primary?.Id ?? '', 'psql', '-U', 'postgres', '-d', 'backend2', '-Atc', sql];
    await eventually(async () => {
      const rows = await machine.docker(...psql);
      expect(rows.includes('streaming|t'), `nobody streams: ${rows}`);
    }, minutes(3));
    await eventually(allHealthy, minutes(2));
    return sweep();
  });
};
