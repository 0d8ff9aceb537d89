import { chownSync, existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import pg from 'pg';
import { freePort } from './free-port.ts';
import { type PostgresBinaries, postgresBinaries } from './postgres-binaries.ts';
import { PortTakenError, type PostgresServer, dataFolder, postgresServer } from './postgres-server.ts';
import { stopRecorded } from './process-record.ts';
import { runCommand } from './run-command.ts';
import { StackError, explainFileError } from './stack-error.ts';
import { ownerFor, unprivilegedIdentity } from './unprivileged-user.ts';

export interface PostgresOptions {
  readonly dir: string;
  /** Of another Postgres than the one that came with the dependencies. */
  readonly binaries?: PostgresBinaries;
  /** A streaming standby beside the primary. Default true. */
  readonly standby?: boolean;
  /** Of the primary; a free one by default. */
  readonly port?: number;
  /** The user's password, required on every connection; without it the loopback is trusted. */
  readonly password?: string;
  /** Made when absent. Default `backend2`. */
  readonly database?: string;
  /** False trades the data of a crash for speed: for tests only. Default true. */
  readonly durable?: boolean;
  /** Default 200. */
  readonly maxConnections?: number;
  /** Remove `dir` when this process dies before it stopped the servers. */
  readonly removeOnDeath?: boolean;
}

export interface Postgres {
  readonly primary: PostgresServer;
  readonly standby: PostgresServer | undefined;
  /** Stops the standby last, so that it has everything the primary wrote. */
  stop(): Promise<void>;
  kill(): Promise<void>;
}

const user = 'postgres';
const slot = 'standby';

/** A primary and its streaming standby over the data in `dir`, made when there is none yet. */
export async function startPostgres(options: PostgresOptions): Promise<Postgres> {
  for (let attempt = 1; ; attempt += 1) {
    try {
      return await startOnce(options);
    } catch (error) {
      const mayRetry = error instanceof PortTakenError && options.port === undefined && attempt < 5;
      if (!mayRetry) throw error;
    }
  }
}

async function startOnce(options: PostgresOptions): Promise<Postgres> {
  const { standby: withStandby = true, database = 'backend2', durable = true, password } = options;
  const dir = resolve(options.dir);
  const binaries = options.binaries ?? (await postgresBinaries());
  makeFolder(dir);
  const identity = unprivilegedIdentity([binaries.postgres, dir]);
  const primaryData = dataFolder(dir, 'primary');
  const standbyData = dataFolder(dir, 'standby');
  await stopRecorded(join(dir, 'standby.pid.json'), 'SIGINT');
  await stopRecorded(join(dir, 'primary.pid.json'), 'SIGINT');

  if (!existsSync(join(primaryData, 'backend2-complete'))) {
    await initialise({ binaries, dir, data: primaryData, identity, durable, password });
  }
  refuseOtherVersion(primaryData, await runCommand(binaries.postgres, ['--version'], { identity }));

  const port = options.port ?? (await freePort());
  const standbyPort = await freePort();
  const urlFor = (at: number) =>
    `postgres://${user}${password === undefined ? '' : `:${encodeURIComponent(password)}`}@127.0.0.1:${at}/${database}`;
  const settings = {
    max_connections: String(options.maxConnections ?? 200),
    wal_level: 'replica',
    max_wal_senders: '8',
    max_slot_wal_keep_size: '1GB',
    hot_standby_feedback: 'on',
    wal_receiver_status_interval: '1s',
    wal_retrieve_retry_interval: '200ms',
    log_min_messages: 'warning',
    // In the data folder: what a killed server leaves in /dev/shm nobody removes, and it is memory.
    dynamic_shared_memory_type: 'mmap',
    ...(durable ? {} : { fsync: 'off', full_page_writes: 'off' }),
  };
  const shared = {
    binary: binaries.postgres,
    identity,
    dir,
    urlFor,
    ...(options.removeOnDeath === true && { removeFolder: dir }),
  };
  const primary = postgresServer({ ...shared, name: 'primary', port, settings });
  const standby = withStandby
    ? postgresServer({
        ...shared,
        name: 'standby',
        port: standbyPort,
        settings: {
          ...settings,
          primary_conninfo: `host=127.0.0.1 port=${port} user=${user} application_name=${slot}`,
          primary_slot_name: slot,
          hot_standby: 'on',
        },
        ...(password !== undefined && { env: { PGPASSWORD: password } }),
      })
    : undefined;

  const copyPrimary = async () => {
    rmSync(standbyData, { recursive: true, force: true });
    makeFolder(standbyData, 0o700);
    await runCommand('cp', ['-a', `${primaryData}/.`, standbyData], { identity });
    rmSync(join(standbyData, 'postmaster.pid'), { force: true });
    writeOwned(join(standbyData, 'standby.signal'), '');
  };
  const kill = async () => {
    await Promise.all([primary.kill(), standby?.kill()]);
  };

  try {
    if (standby !== undefined && !existsSync(join(standbyData, 'standby.signal'))) await copyPrimary();
    await primary.start();
    await prepare(primary.url.replace(/\/[^/]*$/, '/postgres'), { database, withSlot: withStandby });
    if (standby !== undefined && !(await follows(primary, standby))) {
      // It lacks what the primary no longer keeps, or is damaged: make it again from the stopped primary.
      await standby.stop();
      await primary.stop();
      await copyPrimary();
      await primary.start();
      if (!(await follows(primary, standby))) {
        throw new StackError(`The standby Postgres does not follow the primary; see ${standby.logFile}.`);
      }
    }
  } catch (error) {
    await kill();
    throw error;
  }

  return {
    primary,
    standby,
    kill,
    stop: async () => {
      await primary.stop();
      await standby?.stop();
    },
  };
}

function writeOwned(file: string, text: string): void {
  writeFileSync(file, text, { mode: 0o600 });
  const owner = ownerFor();
  if (owner !== undefined) chownSync(file, owner.uid, owner.gid);
}

function makeFolder(path: string, mode?: number): void {
  try {
    mkdirSync(path, { recursive: true, ...(mode !== undefined && { mode }) });
    const owner = ownerFor();
    if (owner !== undefined && mode !== undefined) chownSync(path, owner.uid, owner.gid);
  } catch (error) {
    throw explainFileError(error, path);
  }
}

interface Initialisation {
  readonly binaries: PostgresBinaries;
  readonly dir: string;
  readonly data: string;
  readonly identity: ReturnType<typeof unprivilegedIdentity>;
  readonly durable: boolean;
  readonly password: string | undefined;
}

async function initialise({ binaries, dir, data, identity, durable, password }: Initialisation) {
  // What an interrupted earlier attempt left is of no use.
  rmSync(data, { recursive: true, force: true });
  rmSync(dataFolder(dir, 'standby'), { recursive: true, force: true });
  makeFolder(data, 0o700);
  const passwordFile = join(dir, 'initial-password');
  if (password !== undefined) writeOwned(passwordFile, password);
  try {
    await runCommand(
      binaries.initdb,
      [
        '-D',
        data,
        '-U',
        user,
        '--encoding=UTF8',
        '--locale=C.UTF-8',
        `--locale-provider=${binaries.localeProvider}`,
        ...(password === undefined ? ['-A', 'trust'] : ['-A', 'scram-sha-256', `--pwfile=${passwordFile}`]),
        ...(durable ? [] : ['--no-sync']),
      ],
      { identity },
    );
  } finally {
    rmSync(passwordFile, { force: true });
  }
  writeOwned(join(data, 'backend2-complete'), '');
}

function refuseOtherVersion(data: string, versionOutput: string): void {
  const made = readFileSync(join(data, 'PG_VERSION'), 'utf8').trim();
  const have = /(\d+)/.exec(versionOutput)?.[1];
  if (have !== made) {
    throw new StackError(
      `The data in ${data} was made by Postgres ${made} and the server here is ${have ?? 'unknown'}: ` +
        'start with --fresh to begin anew, or dump the data with the old version first.',
    );
  }
}

async function prepare(adminUrl: string, { database, withSlot }: { database: string; withSlot: boolean }) {
  const client = new pg.Client({ connectionString: adminUrl });
  await client.connect();
  try {
    if (withSlot) {
      await client.query(
        `select pg_create_physical_replication_slot('${slot}', true)
         where not exists (select 1 from pg_replication_slots where slot_name = '${slot}')`,
      );
    }
    const existing = await client.query('select 1 from pg_database where datname = $1', [database]);
    if (existing.rowCount === 0) await client.query(`create database ${client.escapeIdentifier(database)}`);
  } finally {
    await client.end();
  }
}

/** Starts the standby and waits until it streams; false when it cannot. */
async function follows(primary: PostgresServer, standby: PostgresServer): Promise<boolean> {
  try {
    await standby.start();
  } catch {
    return false;
  }
  const client = new pg.Client({ connectionString: primary.url });
  await client.connect();
  try {
    const deadline = Date.now() + 15_000;
    while (Date.now() < deadline && standby.running) {
      const { rowCount } = await client.query("select 1 from pg_stat_replication where state = 'streaming'");
      if (rowCount !== null && rowCount > 0) return true;
      await delay(20);
    }
    return false;
  } finally {
    await client.end();
  }
}
