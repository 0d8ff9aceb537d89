import { usePostgres } from '@backend2/testkit';
import test from 'ava';
import pg from 'pg';
import {
  assertSchemaCurrent,
  connectDatabase,
  migrate,
  migrateDown,
  migrations,
  migrationStatus,
  SchemaOutdatedError,
  type Migration,
} from '../src/index.ts';

const names = migrations.map(({ name }) => name);
const pool = { size: 1, maxOverflow: 1, timeoutSeconds: 5 };

const schemaOf = async (url: string): Promise<string[]> => {
  const client = new pg.Client({ connectionString: url });
  await client.connect();
  try {
    const { rows } = await client.query<{ line: string }>(
      `select table_name || '.' || column_name || ' ' || data_type as line from information_schema.columns
       where table_schema = 'public' order by 1`,
    );
    return rows.map(({ line }) => line);
  } finally {
    await client.end();
  }
};

test('every migration goes forward, back and forward again to the same schema', async (t) => {
  const { primaryUrl } = await usePostgres(t);
  t.deepEqual(await migrate(primaryUrl), names);
  const schema = await schemaOf(primaryUrl);
  t.true(schema.includes('users.email text'));
  t.deepEqual(await migrate(primaryUrl), []);
  t.deepEqual(await migrateDown(primaryUrl, { to: 0 }), names.toReversed());
  t.deepEqual(
    (await schemaOf(primaryUrl)).filter((line) => !line.startsWith('schema_migrations.')),
    [],
  );
  t.deepEqual((await migrationStatus(primaryUrl)).pending, names);
  await migrate(primaryUrl);
  t.deepEqual(await schemaOf(primaryUrl), schema);
});

test('one migration can be taken back by itself', async (t) => {
  const { primaryUrl } = await usePostgres(t);
  await migrate(primaryUrl);
  t.deepEqual(await migrateDown(primaryUrl), names.slice(-1));
  t.deepEqual(await migrationStatus(primaryUrl), { done: names.slice(0, -1), pending: names.slice(-1) });
});

test('several runners at once run each migration once', async (t) => {
  const { primaryUrl } = await usePostgres(t);
  const ran = await Promise.all(Array.from({ length: 4 }, () => migrate(primaryUrl)));
  t.deepEqual(ran.flat(), names);
});

test('a migration that fails halfway leaves nothing behind', async (t) => {
  const { primaryUrl } = await usePostgres(t);
  const good: Migration = {
    name: '0001-good',
    up: ['create table good (id int)'],
    down: ['drop table good'],
  };
  const bad: Migration = { name: '0002-bad', up: ['create table bad (id int)', 'select 1/0'], down: [] };
  const options = { migrations: [good, bad] };
  await t.throwsAsync(migrate(primaryUrl, options), { message: /division by zero/ });
  t.deepEqual(await migrationStatus(primaryUrl, options), { done: ['0001-good'], pending: ['0002-bad'] });
  t.false((await schemaOf(primaryUrl)).some((line) => line.startsWith('bad.')));
});

test('a schema older than the program is refused by name, with the command to run', async (t) => {
  const { primaryUrl } = await usePostgres(t);
  const database = connectDatabase({ primaryUrl, pool });
  t.teardown(() => database.close());
  const empty = await t.throwsAsync(assertSchemaCurrent(database), { instanceOf: SchemaOutdatedError });
  t.deepEqual(empty?.missing, names);
  t.regex(empty?.message ?? '', /migrate up/);
  await migrate(primaryUrl);
  await t.notThrowsAsync(assertSchemaCurrent(database));
  await migrateDown(primaryUrl);
  const older = await t.throwsAsync(assertSchemaCurrent(database), { instanceOf: SchemaOutdatedError });
  t.deepEqual(older?.missing, names.slice(-1));
});
