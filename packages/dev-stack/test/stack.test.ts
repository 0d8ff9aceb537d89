import { fork } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import test from 'ava';
import pg from 'pg';
import { freePort, openDataFolder, startPostgres, startRedis } from '../src/index.ts';
import { listensOn, scratch, until } from './fixtures/scratch.ts';

async function query(url: string, sql: string): Promise<unknown[]> {
  const client = new pg.Client({ connectionString: url });
  await client.connect();
  try {
    return (await client.query(sql)).rows;
  } finally {
    await client.end();
  }
}

test('a second start over the same folder finds the data of the first on both servers', async (t) => {
  const dir = scratch(t);
  const options = { dir, durable: false, password: 'hard to guess' };
  const first = await startPostgres(options);
  t.teardown(() => first.kill());
  await query(first.primary.url, 'create table kept as select 1 as id');
  await first.stop();
  t.false(first.primary.running);
  const second = await startPostgres(options);
  t.teardown(() => second.kill());
  t.deepEqual(await query(second.primary.url, 'select id from kept'), [{ id: 1 }]);
  t.deepEqual(await query(second.standby?.url ?? '', 'select id from kept'), [{ id: 1 }]);
  const wrong = second.primary.url.replace('hard%20to%20guess', 'guess');
  await t.throwsAsync(query(wrong, 'select 1'), { code: '28P01' });
});

test('a standby that was lost is made again from the primary', async (t) => {
  const dir = scratch(t);
  const first = await startPostgres({ dir, durable: false });
  t.teardown(() => first.kill());
  await query(first.primary.url, 'create table kept as select 1 as id');
  await first.stop();
  writeFileSync(join(dir, 'standby/PG_VERSION'), 'damaged');
  const second = await startPostgres({ dir, durable: false });
  t.teardown(() => second.kill());
  t.deepEqual(await query(second.standby?.url ?? '', 'select id from kept'), [{ id: 1 }]);
});

test('a killed Postgres leaves no shared memory outside its folder', async (t) => {
  const dir = scratch(t);
  const postgres = await startPostgres({ dir, durable: false });
  t.teardown(() => postgres.kill());
  const shared = ['primary', 'standby'].flatMap((name) => {
    const [pid] = readFileSync(join(dir, name, 'postmaster.pid'), 'utf8').split('\n');
    return readFileSync(`/proc/${pid}/maps`, 'utf8').match(/\/\S*(?:PostgreSQL|pg_dynshmem)\S*/g);
  });
  t.true(shared.length >= 2);
  for (const file of shared) t.true(file?.startsWith(`${dir}/`), String(file));
});

test('data of another Postgres version is refused with a way out', async (t) => {
  const dir = scratch(t);
  mkdirSync(join(dir, 'primary'), { recursive: true });
  writeFileSync(join(dir, 'primary/PG_VERSION'), '12\n');
  writeFileSync(join(dir, 'primary/backend2-complete'), '');
  await t.throwsAsync(startPostgres({ dir }), { message: /made by Postgres 12 .* --fresh/s });
});

test('a port that is taken is named', async (t) => {
  const port = await freePort();
  const server = createServer().listen(port, '127.0.0.1');
  await once(server, 'listening');
  t.teardown(() => void server.close());
  await t.throwsAsync(startRedis({ dir: scratch(t), port }), {
    message: new RegExp(`Port ${port} for Redis is taken`),
  });
  await t.throwsAsync(startPostgres({ dir: scratch(t), port, durable: false }), {
    message: new RegExp(`Port ${port} for the primary Postgres is taken`),
  });
});

test('a folder that cannot be written is named', async (t) => {
  const file = join(scratch(t), 'file');
  writeFileSync(file, '');
  t.throws(() => openDataFolder(join(file, 'data')), { message: /is a file, not a folder/ });
});

test('a disk without room is named with what is free and what is needed', (t) => {
  const folder = openDataFolder(scratch(t));
  t.notThrows(() => folder.requireRoom(1));
  t.throws(() => folder.requireRoom(2 ** 40), {
    message: /^The disk that holds .* has \d+ MB free, and 1099511627776 MB are needed: .*--data\.$/,
  });
  folder.release();
});

test('secrets are kept from others and survive', (t) => {
  const dir = scratch(t);
  const folder = openDataFolder(dir);
  t.is(
    folder.secret('key', () => 'one'),
    'one',
  );
  t.is(
    folder.secret('key', () => 'two'),
    'one',
  );
  t.is(readFileSync(join(dir, 'key'), 'utf8'), 'one');
  folder.release();
});

test('when the parent is killed its servers and services end, and the folder can be used at once', async (t) => {
  const dir = scratch(t);
  const holder = fork(fileURLToPath(new URL('fixtures/holder.ts', import.meta.url)), [dir], {
    execArgv: ['--conditions=@backend2/source'],
  });
  t.teardown(() => void holder.kill('SIGKILL'));
  const [{ ports }] = (await once(holder, 'message')) as [{ ports: number[] }];
  t.is(ports.length, 4);
  for (const port of ports) t.true(await listensOn(port));
  t.throws(() => openDataFolder(dir), { message: new RegExp(`already running on .*process ${holder.pid}`) });

  holder.kill('SIGKILL');
  await once(holder, 'exit');
  const folder = openDataFolder(dir);
  const redis = await startRedis({ dir: join(dir, 'redis') });
  t.teardown(() => redis.kill());
  const postgres = await startPostgres({ dir: join(dir, 'postgres'), durable: false });
  t.teardown(() => postgres.kill());
  for (const port of ports) {
    await until(`port ${port} free`, async () => !(await listensOn(port)));
  }
  t.true(postgres.primary.running && redis.running);
  folder.release();
});
