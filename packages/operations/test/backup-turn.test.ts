import { startOwnPostgres, until } from '@backend2/testkit';
import test from 'ava';
import pg from 'pg';
import { backupTurn } from '../src/backup/backup-turn.ts';

test('a backup whose server dies while it waits for its turn, or has it, is told so and nothing more', async (t) => {
  const { primary } = await startOwnPostgres(t, { standby: false });
  const first = await backupTurn(primary.url, () => t.fail('nobody was before it'));
  const said = Promise.withResolvers<string>();
  const second = backupTurn(primary.url, said.resolve);
  t.regex(await said.promise, /waiting for its end/);
  const client = new pg.Client({ connectionString: primary.url });
  await client.connect();
  await until(async () => {
    const { rows } = await client.query(`select from pg_locks where locktype = 'advisory' and not granted`);
    return rows.length === 1;
  });
  await client.end();
  await primary.kill();
  await t.throwsAsync(second, { message: /terminated/ });
  await first.end();
  await primary.start();
  const third = await backupTurn(primary.url, () => t.fail('those before it have ended'));
  await third.end();
});
