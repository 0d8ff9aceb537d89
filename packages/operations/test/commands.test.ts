import { execFile } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { usePostgres, useRedis } from '@backend2/testkit';
import test from 'ava';

const run = promisify(execFile);
const scripts = fileURLToPath(new URL('../../../scripts/', import.meta.url));
const nowhere = { DATABASE_URL: 'postgres://ada:secret@127.0.0.1:1/books', REDIS_URL: 'redis://127.0.0.1:1' };

test('commands say in a sentence what is wrong with servers, logins, folders and files', async (t) => {
  const dir = mkdtempSync(join(tmpdir(), 'backend2-commands-'));
  t.teardown(() => rmSync(dir, { recursive: true, force: true }));
  const secrets = join(dir, '.env');
  writeFileSync(secrets, 'AUTH_DATABASE_URL=postgres://a:b@127.0.0.1:1/x\nREDIS_PASSWORD_AUTH=x\n');
  const { primaryUrl } = await usePostgres(t);
  const redis = await useRedis(t);
  const stranger = new URL(primaryUrl);
  stranger.username = 'nobody-of-that-name';
  const file = ['--env-file', secrets];
  const cases: [string, string[], Record<string, string>, RegExp][] = [
    [
      'backup',
      ['--redis', 'none', '--to', dir],
      nowhere,
      /cannot be reached: connect ECONNREFUSED 127\.0\.0\.1:1\. See/,
    ],
    ['backup', ['--to', dir], { ...nowhere, DATABASE_URL: primaryUrl }, /^Redis cannot be used: /],
    [
      'backup',
      ['--redis', 'none', '--to', dir],
      { DATABASE_URL: stranger.href },
      /Postgres refuses: .*nobody-of-that-name/,
    ],
    ['backup', ['--to', secrets], nowhere, /EEXIST|ENOTDIR/],
    ['rotate-secret', ['postgres:auth', 'begin', ...file], nowhere, /cannot be reached/],
    ['rotate-secret', ['redis:auth', 'begin', ...file], nowhere, /^Redis cannot be used/],
    [
      'rotate-secret',
      ['SECRET_KEY', 'begin', '--env-file', join(dir, 'none')],
      {},
      /none cannot be read: name the file/,
    ],
    [
      'rotate-secret',
      ['postgres:auth', 'begin', ...file],
      { DATABASE_URL: stranger.href },
      /Postgres refuses/,
    ],
  ];
  const endings = cases.map(async ([command, args, env, said]) => {
    const ended = await run(join(scripts, command), args, {
      env: { ...process.env, REDIS_URL: redis.url, ...env },
    })
      .then(() => t.fail(`${command} succeeded`))
      .catch((error: unknown) => error);
    const { code, stderr } = ended as { readonly code: number; readonly stderr: string };
    t.regex(stderr, said, `${command} ${args.join(' ')}`);
    t.notRegex(stderr, /\n\s+at |secret@/);
    t.is(code, 1);
  });
  await Promise.all(endings);
});
