import { appendFileSync, chmodSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { startOwnPostgres, until } from '@backend2/testkit';
import test from 'ava';
import pg from 'pg';

const settings = readFileSync(new URL('../../../infra/postgres/postgresql.conf', import.meta.url), 'utf8');

test('a slow statement reaches the log of Postgres, and what it was given does not', async (t) => {
  const dir = mkdtempSync(join(tmpdir(), 'backend2-settings-'));
  chmodSync(dir, 0o711);
  t.teardown(() => rmSync(dir, { recursive: true, force: true }));
  const { primary } = await startOwnPostgres(t, { standby: false, dir });
  await primary.stop();
  appendFileSync(join(dir, 'primary/postgresql.conf'), `\n${settings}`);
  await primary.start();
  const client = new pg.Client({ connectionString: primary.url });
  await client.connect();
  t.teardown(() => client.end());
  const { rows } = await client.query("select current_setting('log_min_duration_statement') as slow");
  t.deepEqual(rows, [{ slow: '1s' }], 'the file is the one that it runs with');

  // Each is slow now.
  await client.query('set log_min_duration_statement = 0');
  await client.query("select length($1::text) as slow_one, 'kept' as word", ['a-prompt-of-somebody']);
  await t.throwsAsync(client.query('select length($1::text) / 0 as failing', ['an-address-of-somebody']));
  const log = () => readFileSync(primary.logFile, 'utf8');
  await until(() => log().includes('failing'), { what: 'the statements in the log' });
  t.regex(log(), /duration: .*slow_one/);
  t.notRegex(log(), /of-somebody/);
});
