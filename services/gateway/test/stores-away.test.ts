import { createClient } from '@backend2/client';
import { migrate } from '@backend2/database';
import { startOwnPostgres } from '@backend2/testkit';
import test from 'ava';
import { askRoute, servedRoutesOf } from './every-route.ts';
import { ownedThings } from './owned-things.ts';
import { startRealSystem } from './real-services.ts';

test('while its database is away no route fails in a way nobody meant: it answers, or says 503 and when to come back', async (t) => {
  const { primary, standby } = await startOwnPostgres(t);
  if (!standby) throw new Error('a standby was asked for');
  await migrate(primary.url);
  const system = await startRealSystem(
    t,
    { RATE_LIMIT: '0', RATE_LIMIT_REFUSED: '0', RATE_LIMIT_SIGN_IN: '0' },
    {
      postgres: { primaryUrl: primary.url, standbyUrl: standby.url },
      services: ['auth', 'task-intake', 'health-aggregator'],
    },
  );
  let token = '';
  const client = createClient({
    baseUrl: system.url,
    onTokens: (tokens) => {
      token = tokens?.accessToken ?? '';
    },
  });
  await client.auth.signIn(system.admin.email, system.admin.password);
  const { id, email } = await client.auth.me();
  const things = await ownedThings(system, { id, email, token, refreshToken: '' });
  const routes = await servedRoutesOf(system.url);
  const askAll = async () => {
    const answers = new Map<string, string>();
    for (const route of routes) {
      const { status, code } = await askRoute(system.url, route, things, {
        authorization: `Bearer ${token}`,
      });
      // The verdict of /health is no problem document.
      if (status >= 500 && code !== undefined) answers.set(route.operationId, `${status} ${code}`);
    }
    return answers;
  };

  await primary.kill();
  const withoutPrimary = await askAll();
  t.is(withoutPrimary.get('createTask'), '503 database_unavailable');
  t.is(withoutPrimary.get('getTask'), undefined, 'the standby answers what is read');
  await standby.kill();
  const withoutBoth = await askAll();
  t.is(withoutBoth.get('getTask'), '503 database_unavailable');
  for (const [which, answer] of [...withoutPrimary, ...withoutBoth])
    t.regex(answer, /^503 (database|artifacts)_unavailable$/, which);
});
