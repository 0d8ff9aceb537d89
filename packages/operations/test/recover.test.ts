import { lstatSync, mkdirSync, mkdtempSync, readdirSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import test from 'ava';
import { OperatorError } from '../src/operator-error.ts';
import { recoverToTime } from '../src/postgres/recover-to-time.ts';

test('a recovery leaves alone what the copied folder only links to: the log and the tablespaces of the old server', async (t) => {
  const home = mkdtempSync(join(tmpdir(), 'backend2-links-'));
  t.teardown(() => rmSync(home, { recursive: true, force: true }));
  const [base, archive, old] = ['base', 'archive', 'old'].map((name) => join(home, name)) as [
    string,
    string,
    string,
  ];
  for (const folder of [base, archive, old]) mkdirSync(folder);
  for (const name of ['PG_VERSION', 'backup_label']) writeFileSync(join(base, name), '');
  const segment = '000000010000000000000001';
  writeFileSync(join(old, segment), 'the only copy');
  symlinkSync(old, join(base, 'pg_wal'));

  const data = join(home, 'data');
  await recoverToTime({ base, archive, data, time: undefined });
  t.deepEqual(readdirSync(old), [segment]);
  t.true(lstatSync(join(data, 'pg_wal')).isDirectory());
  t.deepEqual(readdirSync(join(data, 'pg_wal')), []);

  mkdirSync(join(base, 'pg_tblspc'));
  symlinkSync(old, join(base, 'pg_tblspc', '16400'));
  await t.throwsAsync(recoverToTime({ base, archive, data: join(home, 'other'), time: undefined }), {
    instanceOf: OperatorError,
    message: /has tablespaces/,
  });
});
