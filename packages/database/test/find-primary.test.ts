import { startOwnPostgres } from '@backend2/testkit';
import test from 'ava';
import {
  connectDatabase,
  DatabaseUnreachableError,
  findPrimary,
  NoPrimaryError,
  waitForPrimary,
  type Database,
} from '../src/index.ts';

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
  const services = [1, 60_000].map((startWithinMs) => {
    const database = connectDatabase({
      primaryUrl: url,
      pool: { size: 0, maxOverflow: 1, timeoutSeconds: 10 },
      startWithinMs,
    });
    t.teardown(() => database.close());
    return database;
  }) as [Database, Database];
  await t.throwsAsync(services[0].start(), {
    instanceOf: DatabaseUnreachableError,
    message: /ECONNREFUSED.*that DATABASE_URL is right/,
  });
  const starting = services[1].start();
  const said: string[] = [];
  const found = waitForPrimary(url, (line) => said.push(line));
  await primary.start();
  t.is(await found, primary.url);
  await starting;
  t.deepEqual(said.length, 1);
  t.regex(said[0] ?? '', /ECONNREFUSED.*; waiting 60 s$/);

  const wrong = url.replace('of-this-test', 'another');
  await t.throwsAsync(
    waitForPrimary(wrong, () => undefined),
    { instanceOf: NoPrimaryError, message: /password authentication failed/ },
  );
});
