import { usePostgres } from '@backend2/testkit';
import test from 'ava';
import { connectDatabase } from '../src/index.ts';

test('neither a statement nor a client that vanished within a transaction holds locks for more than a minute', async (t) => {
  const { primaryUrl } = await usePostgres(t);
  const database = connectDatabase({ primaryUrl, pool: { size: 1, maxOverflow: 0, timeoutSeconds: 5 } });
  t.teardown(() => database.close());
  const settingOf = async (name: string): Promise<unknown> => {
    const [rows] = await database.primary.query('select current_setting($1) as value', { bind: [name] });
    return (rows as { value: string }[])[0]?.value;
  };
  t.is(await settingOf('statement_timeout'), '1min');
  t.is(await settingOf('idle_in_transaction_session_timeout'), '1min');
});
