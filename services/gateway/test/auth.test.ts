import { DomainError, control } from '@backend2/contracts';
import { redisEntities } from '@backend2/service-kit';
import { until } from '@backend2/testkit';
import test from 'ava';
import jwt from 'jsonwebtoken';
import { ada, taskOf, userOf } from './samples.ts';
import { startGateway, type TestGateway } from './start-gateway.ts';

const tokens = { access_token: 'a', token_type: 'Bearer', expires_in: 60, refresh_token: 'r' } as const;
const sign = (gateway: TestGateway, body: URLSearchParams | string) =>
  fetch(`${gateway.url}/api/v1/auth/token`, {
    method: 'POST',
    body,
    ...(typeof body === 'string' ? { headers: { 'content-type': 'application/json' } } : {}),
  });

test('a token is issued for a form as for JSON, and nobody may keep the answer', async (t) => {
  const grants: unknown[] = [];
  const gateway = await startGateway(t, {
    auth: {
      'tokens.issue': async ({ grant }) => {
        grants.push(grant);
        return tokens;
      },
    },
  });
  const grant = { grant_type: 'password', username: 'ada@example.org', password: 'correct horse' };
  for (const body of [new URLSearchParams(grant), JSON.stringify(grant)]) {
    const response = await sign(gateway, body);
    t.is(response.status, 200);
    t.is(response.headers.get('cache-control'), 'no-store');
    t.deepEqual(await response.json(), tokens);
  }
  t.deepEqual(grants, [grant, grant]);
});

test('refusals of a token speak RFC 6749 and are problems too', async (t) => {
  const gateway = await startGateway(t, {
    auth: {
      'tokens.issue': async ({ grant }) => {
        if (grant.grant_type === 'password') {
          throw new DomainError('unauthenticated', 'invalid_grant', 'Email or password is wrong.');
        }
        throw new DomainError('limited', 'too_many_attempts', 'Too many.', { retryAfterSeconds: 30 });
      },
    },
  });
  const cases = [
    [{ grant_type: 'password', username: 'a', password: 'b' }, 400, 'invalid_grant', 'invalid_grant'],
    [{ grant_type: 'implicit' }, 400, 'unsupported_grant_type', 'validation_failed'],
    [{ grant_type: 'password', username: 'a' }, 400, 'invalid_request', 'validation_failed'],
    [
      { grant_type: 'refresh_token', refresh_token: 'x' },
      429,
      'temporarily_unavailable',
      'too_many_attempts',
    ],
  ] as const;
  for (const [grant, status, error, code] of cases) {
    const response = await sign(gateway, JSON.stringify(grant));
    const body = (await response.json()) as Record<string, unknown>;
    t.is(response.status, status, error);
    t.is(body['error'], error);
    t.is(body['code'], code);
    t.is(typeof body['error_description'], 'string');
    t.is(response.headers.get('cache-control'), 'no-store');
    if (status === 429) t.is(response.headers.get('retry-after'), '30');
  }
});

test('only an unexpired token of the configured algorithm, signed with a known key, is accepted', async (t) => {
  const gateway = await startGateway(t, {
    auth: { 'users.me': async ({ principal }) => userOf(principal.userId) },
    env: { SECRET_KEY: 'the present secret', PREVIOUS_SECRET_KEYS: 'the former secret' },
  });
  const good = gateway.tokens.sign({ userId: ada, role: 'user', sessionId: 's' }).token;
  const payload = jwt.decode(good) as jwt.JwtPayload;
  const { header } = jwt.decode(good, { complete: true }) as jwt.Jwt;
  const keyid = header.kid as string;
  const me = async (token: string): Promise<number> =>
    (await fetch(`${gateway.url}/api/v1/users/me`, { headers: { authorization: `Bearer ${token}` } })).status;
  t.is(await me(good), 200);
  t.is(await me(jwt.sign(payload, 'the present secret', { algorithm: 'HS512', keyid })), 401);
  t.is(await me(jwt.sign({ ...payload, exp: 1 }, 'the present secret', { keyid })), 401);
  t.is(await me(jwt.sign(payload, 'another secret', { keyid })), 401);
  t.is(await me(jwt.sign(payload, '', { algorithm: 'none', keyid })), 401);
  t.is(await me(good.slice(0, -2)), 401);
});

test('a revoked token is refused as soon as the revocation is heard, by gateways started later too', async (t) => {
  const gateway = await startGateway(t, {
    auth: { 'users.me': async ({ principal }) => userOf(principal.userId) },
  });
  const headers = gateway.as(ada);
  const status = async (url: string): Promise<number> =>
    (await fetch(`${url}/api/v1/users/me`, { headers })).status;
  t.is(await status(gateway.url), 200);
  await gateway.streams.broadcast(control).publish({ type: 'revoke', userId: ada, sessionId: 'session-1' });
  await until(async () => (await status(gateway.url)) === 401, { what: 'the refusal' });

  const entities = redisEntities({ kind: 'single', url: gateway.redisUrl }, 'app:');
  t.teardown(() => entities.stop(AbortSignal.abort()));
  await entities.revocations.save([{ kind: 'session', id: 'session-1' }]);
  const later = await startGateway(t, { beside: gateway });
  t.is(await status(later.url), 401);
});

test('logout ends the session at the auth service and takes the cookie back', async (t) => {
  const revoked: string[] = [];
  const gateway = await startGateway(t, {
    auth: {
      'tokens.revoke': async ({ sessionId }) => {
        revoked.push(sessionId);
        return {};
      },
    },
  });
  const response = await fetch(`${gateway.url}/api/v1/auth/logout`, {
    method: 'POST',
    headers: gateway.as(ada),
  });
  t.is(response.status, 204);
  t.deepEqual(revoked, ['session-1']);
  t.regex(
    response.headers.get('set-cookie') ?? '',
    /^backend2_session=; Path=\/api\/v1; Expires=Thu, 01 Jan 1970/,
  );
});

test('the cookie opens images and exports and nothing else', async (t) => {
  const task = taskOf(ada);
  const gateway = await startGateway(t, {
    tasks: {
      'tasks.get': async () => task,
      'subtasks.list': async () => ({ items: [], nextCursor: null }),
    },
  });
  const given = await fetch(`${gateway.url}/api/v1/auth/cookie`, { method: 'PUT', headers: gateway.as(ada) });
  t.is(given.status, 204);
  const set = given.headers.get('set-cookie') ?? '';
  t.regex(set, /; Path=\/api\/v1; Expires=[^;]+; HttpOnly; SameSite=Strict$/);
  const cookie = set.split(';')[0] ?? '';
  const status = async (path: string, method = 'GET'): Promise<number> =>
    (await fetch(`${gateway.url}/api/v1${path}`, { method, headers: { cookie } })).status;
  t.is(await status(`/tasks/${task.id}/export?format=csv`), 200);
  t.is(await status(`/artifacts/${task.id}`), 503);
  t.is(await status(`/tasks/${task.id}`), 401);
  t.is(await status(`/tasks/${task.id}/cancel`, 'POST'), 401);
  t.is(await status('/auth/cookie', 'PUT'), 401);
});
