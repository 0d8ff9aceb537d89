import { usePostgres } from '@backend2/testkit';
import test from 'ava';
import { QueryTypes } from 'sequelize';
import { connectDatabase, prepared } from '../src/index.ts';

test('a prepared statement is parsed once by its connection, and stands when its table gains a column', async (t) => {
  const { primaryUrl } = await usePostgres(t);
  const database = connectDatabase({ primaryUrl, pool: { size: 1, maxOverflow: 0, timeoutSeconds: 5 } });
  t.teardown(() => database.close());
  const { primary } = database;
  await primary.query('create table cells (ordinal int primary key, state text)');
  const text = prepared('insert into cells (ordinal, state) values ($1, $2) returning state, ordinal');
  const insert = (ordinal: number) =>
    primary.query(text, { bind: [ordinal, "it's"], type: QueryTypes.SELECT });
  t.deepEqual(await insert(1), [{ state: "it's", ordinal: 1 }]);
  await insert(2);
  await primary.query('alter table cells add column result jsonb');
  t.deepEqual(await insert(3), [{ state: "it's", ordinal: 3 }]);
  await t.throwsAsync(() => insert(3), { name: 'SequelizeUniqueConstraintError' });
  t.deepEqual(await insert(4), [{ state: "it's", ordinal: 4 }]);
  const kept = await primary.query('select statement from pg_prepared_statements', {
    type: QueryTypes.SELECT,
  });
  t.deepEqual(kept, [{ statement: text }]);
  const plain = prepared('select count(*)::int as cells from cells');
  t.deepEqual(await primary.query(plain, { type: QueryTypes.SELECT }), [{ cells: 4 }]);
  const both = await primary.query('select statement from pg_prepared_statements order by prepare_time', {
    type: QueryTypes.SELECT,
  });
  t.deepEqual(both, [{ statement: text }, { statement: plain }]);
});
