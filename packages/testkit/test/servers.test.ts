import { statfsSync } from 'node:fs';
import test from 'ava';
import pg from 'pg';
import {
  startOwnPostgres,
  startOwnRedis,
  until,
  useCluster,
  usePostgres,
  useRedis,
  useSentinel,
} from '../src/index.ts';
import { Cluster, Redis } from 'ioredis';

async function query(url: string, sql: string): Promise<unknown[]> {
  const client = new pg.Client({ connectionString: url });
  await client.connect();
  try {
    return (await client.query(sql)).rows;
  } finally {
    await client.end();
  }
}

test('two tests get two logical databases that do not see each other', async (t) => {
  const [one, other] = await Promise.all([useRedis(t), useRedis(t)]);
  await one.client.set('key', 'one');
  t.not(one.url, other.url);
  t.is(await other.client.get('key'), null);
});

test('a database cloned from a template has what prepare made, and prepare ran once', async (t) => {
  const counting = await usePostgres(t);
  await query(counting.primaryUrl, 'create table runs (at timestamptz)');
  const options = {
    template: `counted-${Math.random()}`,
    prepare: async (url: string) => {
      await query(url, 'create table things (id int)');
      await query(counting.primaryUrl, 'insert into runs values (now())');
    },
  };
  const [one, other] = await Promise.all([usePostgres(t, options), usePostgres(t, options)]);
  await query(one.primaryUrl, 'insert into things values (1)');
  t.deepEqual(await query(other.primaryUrl, 'select count(*)::int as n from things'), [{ n: 0 }]);
  t.deepEqual(await query(counting.primaryUrl, 'select count(*)::int as n from runs'), [{ n: 1 }]);
});

test('the standby shows what the primary wrote and refuses to write', async (t) => {
  const database = await usePostgres(t);
  await query(database.primaryUrl, 'create table things as select 7 as id');
  await database.waitForStandby();
  t.deepEqual(await query(database.standbyUrl, 'select id from things'), [{ id: 7 }]);
  await t.throwsAsync(query(database.standbyUrl, 'insert into things values (8)'), { code: '25006' });
});

test('a Redis of the test comes back after a kill with what it had', async (t) => {
  const redis = await startOwnRedis(t, { settings: { appendfsync: 'always' } });
  const client = new Redis(redis.url, { maxRetriesPerRequest: null });
  client.on('error', () => undefined);
  t.teardown(() => client.disconnect());
  await client.set('key', 'kept');
  await redis.kill();
  t.false(redis.running);
  await redis.start();
  t.is(await client.get('key'), 'kept');
});

test('a Redis that keeps nothing has its files in the memory file system, one that keeps its data has not', async (t) => {
  const typeOfDir = async (durable: boolean) => {
    const redis = await startOwnRedis(t, { durable });
    const client = new Redis(redis.url);
    t.teardown(() => client.disconnect());
    const [, dir = ''] = await client.config('GET', 'dir');
    return { dir, type: statfsSync(dir).type };
  };
  const [passing, kept] = [await typeOfDir(false), await typeOfDir(true)];
  t.is(passing.type, statfsSync('/dev/shm').type);
  t.notRegex(kept.dir, /^\/dev\/shm/);
});

test('a paused Redis answers nothing until it is resumed', async (t) => {
  const redis = await startOwnRedis(t);
  const client = new Redis(redis.url, { commandTimeout: 200 });
  t.teardown(() => client.disconnect());
  await until(() => client.ping());
  redis.pause();
  await t.throwsAsync(client.ping(), { message: /timed out/i });
  redis.resume();
  t.is(await until(() => client.ping()), 'PONG');
});

test('a killed primary comes back with its data and its standby follows again', async (t) => {
  const { primary, standby } = await startOwnPostgres(t, { password: 'se cret' });
  await query(primary.url, 'create table things as select 1 as id');
  await primary.kill();
  await t.throwsAsync(query(primary.url, 'select 1'), { code: 'ECONNREFUSED' });
  await primary.start();
  await query(primary.url, 'insert into things values (2)');
  await until(async () => (await query(standby?.url ?? '', 'select id from things')).length === 2);
});

test('a replica takes the place of a killed master, as the Sentinels tell', async (t) => {
  const sentinel = await useSentinel(t);
  const former = await sentinel.master();
  await former.kill();
  const successor = await sentinel.successorOf(former);
  const { sentinels, master } = sentinel.connection;
  const client = new Redis({ sentinels: [...sentinels], name: master });
  t.teardown(() => client.disconnect());
  t.is(await client.set('key', 'kept'), 'OK');
  t.is(client.stream.remotePort, successor.port);
});

test('a replica takes over the keys of a killed master of a Cluster', async (t) => {
  const cluster = await useCluster(t, { deaths: true });
  const former = await cluster.masterOf('key');
  await former.kill();
  const successor = await cluster.successorOf(former, 'key');
  const client = new Cluster([...cluster.connection.nodes]);
  t.teardown(() => client.disconnect());
  t.is(await client.set('key', 'kept'), 'OK');
  await former.start();
  t.is(await cluster.masterOf('key'), successor);
});
