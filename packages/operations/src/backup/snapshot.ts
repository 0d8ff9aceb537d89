import pg from 'pg';

export interface Column {
  readonly table: string;
  readonly columns: string[];
}

/** One moment of the database, which any number of connections can read for as long as it is held. */
export interface Snapshot {
  readonly id: string;
  readonly serverVersion: number;
  readonly migrations: readonly string[];
  readonly tables: readonly Column[];
  readonly sequences: readonly { readonly name: string; readonly value: string }[];
  readonly extensions: readonly string[];
  /** The holder's own connection, inside the snapshot. */
  readonly client: pg.Client;
  /** Another connection inside the snapshot; whoever asks for it ends it. */
  join(): Promise<pg.Client>;
  release(): Promise<void>;
}

const migrationTable = 'schema_migrations';

const connect = async (url: string): Promise<pg.Client> => {
  const client = new pg.Client({
    connectionString: url,
    application_name: 'backend2-backup',
    keepAlive: true,
  });
  await client.connect();
  await client.query('set statement_timeout = 0');
  await client.query('begin isolation level repeatable read read only');
  return client;
};

const tablesSql = `
  select c.relname as "table", array_agg(a.attname::text order by a.attnum) as columns
  from pg_class c
  join pg_namespace n on n.oid = c.relnamespace
  join pg_attribute a on a.attrelid = c.oid and a.attnum > 0 and not a.attisdropped and a.attgenerated = ''
  where n.nspname = 'public' and c.relkind = 'r' and c.relname <> '${migrationTable}'
  group by c.oid, c.relname
  order by pg_total_relation_size(c.oid) desc, c.relname`;

export const openSnapshot = async (url: string): Promise<Snapshot> => {
  const client = await connect(url);
  try {
    const one = async <Row extends object>(sql: string) => (await client.query<Row>(sql)).rows;
    const [exported] = await one<{ id: string; version: string }>(
      `select pg_export_snapshot() as id, current_setting('server_version_num') as version`,
    );
    const migrations = await one<{ name: string }>(`select name from ${migrationTable} order by name`);
    const sequences = await one<{ name: string; value: string }>(
      `select sequencename as name, last_value::text as value from pg_sequences
       where schemaname = 'public' and last_value is not null`,
    );
    const extensions = await one<{ name: string }>(
      `select extname as name from pg_extension where extnamespace = 'public'::regnamespace order by extname`,
    );
    const id = exported?.id ?? '';
    return {
      id,
      serverVersion: Math.floor(Number(exported?.version) / 10_000),
      migrations: migrations.map(({ name }) => name),
      tables: await one<Column>(tablesSql),
      sequences,
      extensions: extensions.map(({ name }) => name),
      client,
      join: async () => {
        const other = await connect(url);
        await other.query(`set transaction snapshot '${id}'`);
        return other;
      },
      release: () => client.end(),
    };
  } catch (error) {
    await client.end();
    throw error;
  }
};
