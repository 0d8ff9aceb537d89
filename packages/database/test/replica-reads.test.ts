import { freePort, startOwnPostgres, until } from '@backend2/testkit';
import test, { type ExecutionContext } from 'ava';
import type { Sequelize } from 'sequelize';
import { asUnavailable, connectDatabase, type Database } from '../src/index.ts';

const pool = { size: 1, maxOverflow: 2, timeoutSeconds: 5 };
/** Looks often; a standby slow on a busy machine is not taken for a dead one. */
const quick = { pool, lookEveryMs: 50, lookTimeoutMs: 10_000 };

const primaryAndStandby = async (t: ExecutionContext) => {
  const { primary, standby } = await startOwnPostgres(t);
  if (!standby) throw new Error('a standby was asked for');
  return { primary, standby };
};

const row = async <T>(server: Sequelize, sql: string): Promise<T> => {
  const [rows] = await server.query(sql);
  return (rows as T[])[0] as T;
};

const answeredBy = (database: Database, after?: string): Promise<'standby' | 'primary'> =>
  database.read(
    async (server) =>
      (await row<{ standby: boolean }>(server, 'select pg_is_in_recovery() as standby')).standby
        ? 'standby'
        : 'primary',
    after === undefined ? {} : { after },
  );

test("reads are answered by the standby, signed in to with the primary's login, and writes by the primary", async (t) => {
  const servers = await primaryAndStandby(t);
  const withoutLogin = new URL(servers.standby.url);
  withoutLogin.username = '';
  withoutLogin.password = '';
  const database = connectDatabase({
    primaryUrl: servers.primary.url,
    replicaUrls: [withoutLogin.href],
    ...quick,
  });
  t.teardown(() => database.close());
  await database.start();
  await until(async () => (await answeredBy(database)) === 'standby', { what: 'the standby in use' });
  const port = await database.read((server) =>
    row<{ port: number }>(server, 'select inet_server_port() as port'),
  );
  t.is(port.port, Number(new URL(servers.standby.url).port));
  t.false(
    (await row<{ standby: boolean }>(database.primary, 'select pg_is_in_recovery() as standby')).standby,
  );
  const refused = await t.throwsAsync(
    database.read((server) => server.query('create table refused (id int)')),
  );
  t.regex(refused?.message ?? '', /read-only transaction/);
  t.is(asUnavailable(refused)?.code, 'database_unavailable', 'as when the primary became a standby');
});

test('a killed standby fails no read, is left out, and is taken back by itself', async (t) => {
  const servers = await primaryAndStandby(t);
  const database = connectDatabase({
    primaryUrl: servers.primary.url,
    replicaUrls: [servers.standby.url],
    ...quick,
  });
  t.teardown(() => database.close());
  await database.start();
  await until(async () => (await answeredBy(database)) === 'standby', { what: 'the standby in use' });

  let stop = false;
  const seen = new Set<string>();
  const reading = Promise.all(
    Array.from({ length: 3 }, async () => {
      while (!stop) seen.add(await answeredBy(database));
    }),
  );
  await servers.standby.kill();
  await until(() => seen.has('primary'), { what: 'reads on the primary' });
  await until(() => database.replicas()[0]?.usable === false, { what: 'the standby left out' });
  stop = true;
  await t.notThrowsAsync(reading);
  t.false(database.replicas()[0]?.reachable);

  await servers.standby.start();
  await until(async () => (await answeredBy(database)) === 'standby', { what: 'the standby in use again' });
});

test('a read that hangs on a frozen standby is run again on the primary', async (t) => {
  const servers = await primaryAndStandby(t);
  const database = connectDatabase({
    primaryUrl: servers.primary.url,
    replicaUrls: [servers.standby.url],
    ...quick,
    lookTimeoutMs: 400,
  });
  t.teardown(() => database.close());
  t.teardown(() => servers.standby.resume());
  await database.start();
  await until(async () => (await answeredBy(database)) === 'standby', { what: 'the standby in use' });
  servers.standby.pause();
  t.is(await answeredBy(database), 'primary');
  servers.standby.resume();
  await until(async () => (await answeredBy(database)) === 'standby', { what: 'the standby in use again' });
});

test('who has just written reads the write: from the primary while the standby has not replayed it, then from the standby', async (t) => {
  const servers = await primaryAndStandby(t);
  const database = connectDatabase({
    primaryUrl: servers.primary.url,
    replicaUrls: [servers.standby.url],
    ...quick,
  });
  t.teardown(() => database.close());
  await database.start();
  await database.primary.query('create table notes (id int)');
  await until(async () => (await answeredBy(database, await database.writeLsn())) === 'standby');

  const [standby, primary] = [servers.standby.url, servers.primary.url].map((url) =>
    connectDatabase({ primaryUrl: url, pool }),
  ) as [Database, Database];
  t.teardown(() => Promise.all([standby.close(), primary.close()]));
  await standby.primary.query('select pg_wal_replay_pause()');
  await primary.primary.query('insert into notes values (1)');
  const lsn = await database.writeLsn();
  t.is(await answeredBy(database, lsn), 'primary');
  const count = await database.readAfter(lsn, (server) =>
    row<{ count: string }>(server, 'select count(*) from notes'),
  );
  t.is(count.count, '1');
  await until(async () => (await answeredBy(database)) === 'standby', { what: 'the standby in use' });

  await standby.primary.query('select pg_wal_replay_resume()');
  await until(async () => (await answeredBy(database, lsn)) === 'standby', {
    what: 'the write on the standby',
  });
});

test('a standby that lags too far is left out until it has caught up', async (t) => {
  const servers = await primaryAndStandby(t);
  const database = connectDatabase({
    primaryUrl: servers.primary.url,
    replicaUrls: [servers.standby.url],
    ...quick,
    maxLagMs: 300,
  });
  const standby = connectDatabase({ primaryUrl: servers.standby.url, pool });
  t.teardown(() => Promise.all([database.close(), standby.close()]));
  await database.start();
  await until(() => database.replicas()[0]?.usable);
  await standby.primary.query('select pg_wal_replay_pause()');
  await database.primary.query('create table late (id int)');
  await until(
    () => {
      const [{ usable, reachable, why = '' } = {}] = database.replicas();
      return usable === false && reachable && /^it lags by \d+ ms$/.test(why);
    },
    { what: 'the lagging standby left out' },
  );
  t.is(await answeredBy(database), 'primary');
  await standby.primary.query('select pg_wal_replay_resume()');
  await until(async () => (await answeredBy(database)) === 'standby', { what: 'the standby in use again' });
});

test('reads go on from the standby while the primary is away, and writes work again once it is back', async (t) => {
  const servers = await primaryAndStandby(t);
  const database = connectDatabase({
    primaryUrl: servers.primary.url,
    replicaUrls: [servers.standby.url],
    ...quick,
  });
  t.teardown(() => database.close());
  await database.start();
  await until(async () => (await answeredBy(database)) === 'standby', { what: 'the standby in use' });
  await servers.primary.kill();
  await until(async () => (await answeredBy(database)) === 'standby', { what: 'the standby in use' });
  await t.throwsAsync(database.primary.query('create table late (id int)'));
  await servers.primary.start();
  await until(() => database.primary.query('create table late (id int)'), { what: 'a write on the primary' });
});

test('one dead replica among two leaves the other in use', async (t) => {
  const servers = await primaryAndStandby(t);
  const dead = new URL(servers.standby.url);
  dead.port = String(await freePort());
  const database = connectDatabase({
    primaryUrl: servers.primary.url,
    replicaUrls: [dead.href, servers.standby.url],
    ...quick,
  });
  t.teardown(() => database.close());
  await database.start();
  await until(async () => (await answeredBy(database)) === 'standby', { what: 'the standby in use' });
  for (let turn = 0; turn < 4; turn += 1) t.is(await answeredBy(database), 'standby');
  t.deepEqual(
    database.replicas().map(({ usable }) => usable),
    [false, true],
  );
});

test('a pool keeps its size, grows by its overflow and says in time when nothing is free', async (t) => {
  const servers = await startOwnPostgres(t, { standby: false });
  const database = connectDatabase({
    primaryUrl: servers.primary.url,
    pool: { size: 1, maxOverflow: 1, timeoutSeconds: 3 },
  });
  t.teardown(() => database.close());
  const held = await Promise.all([database.primary.transaction(), database.primary.transaction()]);
  await t.throwsAsync(database.primary.query('select 1'), { name: 'SequelizeConnectionAcquireTimeoutError' });
  await Promise.all(held.map((transaction) => transaction.commit()));
  await t.notThrowsAsync(database.primary.query('select 1'));
});
