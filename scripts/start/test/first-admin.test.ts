import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { oauthProblemSchema } from '@backend2/contracts';
import { migrate } from '@backend2/database';
import { openDataFolder } from '@backend2/dev-stack';
import { httpSink, usePostgres } from '@backend2/testkit';
import test, { type ExecutionContext } from 'ava';
import type { z } from 'zod';
import { createFirstAdmin, sweepCredentials } from '../first-admin.ts';
import { runSweep } from '../run-sweep.ts';

const root = fileURLToPath(new URL('../../..', import.meta.url));

const prepare = async (url: string) => {
  await migrate(url);
};

function dataFolder(t: ExecutionContext) {
  const dir = mkdtempSync(join(tmpdir(), 'backend2-first-admin-'));
  t.teardown(() => rmSync(dir, { recursive: true, force: true }));
  return openDataFolder(dir);
}

test('the first admin of one database is not tried on another', async (t) => {
  const folder = dataFolder(t);
  const { primaryUrl, standbyUrl } = await usePostgres(t, { prepare });
  const { host } = new URL(primaryUrl);
  // As where a standby may be promoted: both servers.
  const given = { DATABASE_URL: primaryUrl.replace(host, `${host},${new URL(standbyUrl).host}`) };
  const admin = await createFirstAdmin(root, folder, { ...process.env, ...given }, given);
  t.is(admin?.email, 'admin@example.com');
  t.deepEqual(sweepCredentials(folder, given), admin);

  const nobody = { message: /set BACKEND2_EMAIL and BACKEND2_PASSWORD, or leave it out with --no-sweep/ };
  t.throws(() => sweepCredentials(folder, { DATABASE_URL: `${primaryUrl}_other` }), nobody);
  t.throws(() => sweepCredentials(folder, {}), nobody);
});

test('a changed password of the first admin makes the sweep ask who submits it', async (t) => {
  const refusal: z.infer<typeof oauthProblemSchema> = {
    type: 'about:blank',
    title: 'Bad Request',
    status: 400,
    detail: 'The email or the password is not right.',
    code: 'invalid_grant',
    requestId: 'r1',
    error: 'invalid_grant',
    error_description: 'The email or the password is not right.',
  };
  const { url } = await httpSink(t, () => ({
    status: 400,
    headers: { 'content-type': 'application/problem+json' },
    body: refusal,
  }));
  const sweep = runSweep({
    url,
    apiPath: undefined,
    credentials: { email: 'admin@example.com', password: 'of the first start' },
    file: join(root, 'docs/examples/sweep.json'),
    folder: tmpdir(),
    progress: { update: () => undefined, stop: () => undefined },
    say: () => undefined,
    stop: new AbortController().signal,
  });
  await t.throwsAsync(sweep, {
    name: 'StackError',
    message: /admin@example\.com could not sign in .* set BACKEND2_EMAIL and BACKEND2_PASSWORD, .*--no-sweep/,
  });
});
