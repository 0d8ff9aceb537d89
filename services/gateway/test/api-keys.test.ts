import { DomainError, type ApiKeyScope, type Role, type VerifiedApiKey } from '@backend2/contracts';
import test from 'ava';
import { ada, root, taskOf, userOf } from './samples.ts';
import { startGateway, type TestGatewayOptions } from './start-gateway.ts';

const keyOf = (letter: string): string => `b2k_${letter.repeat(43)}`;
const verified = (userId: string, role: Role, scopes: ApiKeyScope[]): VerifiedApiKey => ({
  apiKeyId: '0198b7a4-6f7e-7c3a-9a45-0000000000b2',
  userId,
  role,
  scopes,
  expiresAt: null,
});
const known: Readonly<Record<string, VerifiedApiKey>> = {
  [keyOf('r')]: verified(ada, 'user', ['read']),
  [keyOf('w')]: verified(ada, 'user', ['write']),
  [keyOf('m')]: verified(root, 'admin', ['read', 'write']),
  [keyOf('a')]: verified(root, 'admin', ['read', 'admin']),
};

/** Services that know these keys, and how often they were asked about one. */
const services = () => {
  const asked: string[] = [];
  const seen: unknown[] = [];
  const options: TestGatewayOptions = {
    auth: {
      'apiKeys.verify': async ({ key }) => {
        asked.push(key);
        const found = known[key];
        if (!found) throw new DomainError('unauthenticated', 'api_key_invalid', 'The API key is not valid.');
        return found;
      },
      'users.me': async ({ principal }) => {
        seen.push(principal);
        return userOf(principal.userId);
      },
      'users.list': async () => ({ items: [], nextCursor: null }),
    },
    tasks: {
      'tasks.list': async () => ({ items: [], nextCursor: null }),
      'tasks.cancel': async ({ principal }) => taskOf(principal.userId),
      'tasks.estimate': async () => ({ subtasks: 1, axes: [], seconds: null }),
    },
  };
  return { asked, seen, options };
};

test('a key is taken from either header, and asked about once', async (t) => {
  const { asked, seen, options } = services();
  const gateway = await startGateway(t, options);
  const me = async (headers: Record<string, string>) => {
    const response = await fetch(`${gateway.url}/api/v1/users/me`, { headers });
    return [response.status, ((await response.json()) as { code?: string }).code];
  };
  t.deepEqual(await me({ authorization: `Bearer ${keyOf('r')}` }), [200, undefined]);
  t.deepEqual(await me({ 'x-api-key': keyOf('r') }), [200, undefined]);
  t.is(asked.length, 1);
  t.deepEqual(seen, [
    { userId: ada, role: 'user' },
    { userId: ada, role: 'user' },
  ]);
  t.deepEqual(await me({ 'x-api-key': keyOf('x') }), [401, 'api_key_invalid']);
  t.deepEqual(await me({ 'x-api-key': 'b2k_short' }), [401, 'api_key_invalid']);
  t.is(asked.length, 2, 'what is no key by its form is not asked about');
  t.deepEqual(await me({ ...gateway.as(ada), 'x-api-key': keyOf('r') }), [400, 'credentials_ambiguous']);
});

test('a key does what its scopes say and no more, whoever its owner is', async (t) => {
  const { seen, options } = services();
  const gateway = await startGateway(t, options);
  const task = '0198b7a4-6f7e-7c3a-9a45-00000000abcd';
  const ask = async (letter: string, method: string, path: string, body?: object) => {
    const response = await fetch(`${gateway.url}/api/v1${path}`, {
      method,
      headers: { 'x-api-key': keyOf(letter), 'content-type': 'application/json' },
      ...(body && { body: JSON.stringify(body) }),
    });
    const text = await response.text();
    const { code } = JSON.parse(text || '{}') as { code?: string };
    return [response.status, code, response.headers.get('www-authenticate')?.slice(0, 50)];
  };
  const lacking = [403, 'insufficient_scope', 'Bearer realm="backend2", error="insufficient_scope'];
  const done = [200, undefined, undefined];
  t.deepEqual(await ask('r', 'GET', '/tasks'), done);
  t.deepEqual(await ask('r', 'POST', `/tasks/${task}/cancel`), lacking);
  t.deepEqual(await ask('w', 'GET', '/tasks'), lacking);
  t.deepEqual(await ask('w', 'POST', `/tasks/${task}/cancel`), done);
  const sweep = { name: 'x', kind: 'image.generate', input: {} };
  t.deepEqual(await ask('r', 'POST', '/tasks/estimate', sweep), done, 'it changes nothing');

  t.deepEqual(await ask('m', 'GET', '/users'), lacking);
  t.deepEqual(await ask('a', 'GET', '/users'), done);
  t.deepEqual(await ask('a', 'DELETE', `/users/${ada}`), lacking);
  await ask('m', 'GET', '/users/me');
  await ask('a', 'GET', '/users/me');
  t.deepEqual(seen, [
    { userId: root, role: 'user' },
    { userId: root, role: 'admin' },
  ]);
  t.deepEqual(await ask('w', 'POST', '/api-keys', { name: 'x' }), [403, 'session_required', undefined]);
  t.deepEqual(await ask('w', 'POST', '/auth/logout'), [403, 'session_required', undefined]);
});

test('an address that sends one wrong credential after another is slowed, at every gateway, and auth is spared', async (t) => {
  const { asked, options } = services();
  const env = { RATE_LIMIT_REFUSED: '5' };
  const gateway = await startGateway(t, { ...options, env });
  const beside = await startGateway(t, { beside: gateway, env });
  const status = async (url: string, headers: Record<string, string>): Promise<number> =>
    (await fetch(`${url}/api/v1/users/me`, { headers })).status;
  for (let right = 0; right < 10; right += 1)
    t.is(await status(gateway.url, { 'x-api-key': keyOf('r') }), 200, 'right ones are not counted');
  const letters = 'ABCDEFGHIJKLMNOPQRST'.split('');
  const statuses = await Promise.all(
    letters.map((letter, index) =>
      status(index % 2 ? gateway.url : beside.url, { 'x-api-key': keyOf(letter) }),
    ),
  );
  t.is(statuses.filter((one) => one === 401).length, 5);
  t.is(statuses.filter((one) => one === 429).length, 15);
  t.is(asked.length, 6);
  t.is(await status(beside.url, { authorization: 'Bearer a.b.c' }), 429);
  t.is(await status(beside.url, gateway.as(ada)), 200, 'who is right is let in from there too');
});
