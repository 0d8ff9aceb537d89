import { startOwnPostgres } from '@backend2/testkit';
import test from 'ava';
import { findPrimary, NoPrimaryError, waitForPrimary } from '../src/index.ts';

test('a primary that starts is waited for, and why is said once; a login that is not there is not waited for', async (t) => {
  t.timeout(120_000);
  const { primary } = await startOwnPostgres(t, { standby: false, password: 'of-this-test' });
  // Of two, the second never answers.
  const url = primary.url.replace(/@([^/]*)/, '@$1,127.0.0.1:1');
  await primary.kill();
  await t.throwsAsync(findPrimary(url), {
    instanceOf: NoPrimaryError,
    message: /takes writes \(.*ECONNREFUSED/,
  });
  const said: string[] = [];
  const found = waitForPrimary(url, (line) => said.push(line));
  await primary.start();
  t.is(await found, primary.url);
  t.deepEqual(said.length, 1);
  t.regex(said[0] ?? '', /ECONNREFUSED.*; waiting 60 s$/);

  const wrong = url.replace('of-this-test', 'another');
  await t.throwsAsync(
    waitForPrimary(wrong, () => undefined),
    { instanceOf: NoPrimaryError, message: /password authentication failed/ },
  );
});
