import test from 'ava';
import { freePort } from '@backend2/testkit';
import { ApiError, createClient, NetworkError } from '../src/index.ts';
import { taskId, taskIn, tokensOf, user } from './samples.ts';
import { json, problem, scriptedServer } from './scripted-server.ts';

const submission = { name: 'A sweep', kind: 'image.generate', input: {} };

test('a limited request is sent again when Retry-After says', async (t) => {
  const { url, seen } = await scriptedServer(t, (_request, response, count) =>
    count === 1 ? problem(response, 429, 'rate_limited', { 'retry-after': '0' }) : json(response, 200, user),
  );
  t.deepEqual(await createClient({ baseUrl: url }).auth.me(), user);
  t.is(seen.length, 2);
});

test('a Retry-After longer than a minute is left to the caller', async (t) => {
  const { url, seen } = await scriptedServer(t, (_request, response) =>
    problem(response, 429, 'rate_limited', { 'retry-after': '3600' }),
  );
  const error = await t.throwsAsync(createClient({ baseUrl: url }).auth.me(), { instanceOf: ApiError });
  t.is(error?.retryAfterSeconds, 3600);
  t.is(seen.length, 1);
});

test('an action whose fate is unknown is not repeated, a creation is, under one idempotency key', async (t) => {
  const { url, seen } = await scriptedServer(t, ({ url: path }, response, count) =>
    path.endsWith('/tasks') && count > 2
      ? json(response, 202, taskIn('pending'))
      : problem(response, 503, 'unavailable', { 'retry-after': '0' }),
  );
  const { tasks } = createClient({ baseUrl: url });
  await t.throwsAsync(tasks.cancel(taskId), { instanceOf: ApiError, message: 'It is unavailable.' });
  t.is(seen.length, 1);

  t.is((await tasks.create(submission)).id, taskId);
  const keys = seen.slice(1).map(({ headers }) => headers['idempotency-key']);
  t.is(keys.length, 2);
  t.regex(String(keys[0]), /^[0-9a-f]{32}$/);
  t.is(keys[0], keys[1]);
});

test('an expired access token is renewed once for all who met it, and their requests succeed', async (t) => {
  let renewals = 0;
  const { url } = await scriptedServer(t, ({ url: path, headers, body }, response) => {
    if (path.endsWith('/auth/token')) {
      renewals += 1;
      t.deepEqual(JSON.parse(body), { grant_type: 'refresh_token', refresh_token: 'refresh-1' });
      return json(response, 200, tokensOf('access-2', 'refresh-2'));
    }
    return headers.authorization === 'Bearer access-2'
      ? json(response, 200, user)
      : problem(response, 401, 'token_expired');
  });
  const kept: unknown[] = [];
  const { auth } = createClient({
    baseUrl: url,
    tokens: { accessToken: 'access-1', refreshToken: 'refresh-1' },
    onTokens: (tokens) => kept.push(tokens?.refreshToken),
  });
  t.deepEqual(await Promise.all([auth.me(), auth.me(), auth.me()]), [user, user, user]);
  t.is(renewals, 1);
  t.deepEqual(kept, ['refresh-2']);
});

test('a refused renewal ends the session', async (t) => {
  const { url } = await scriptedServer(t, ({ url: path }, response) =>
    path.endsWith('/auth/token')
      ? json(response, 400, { error: 'invalid_grant' })
      : problem(response, 401, 'no'),
  );
  const kept: unknown[] = [];
  const { auth } = createClient({
    baseUrl: url,
    tokens: { accessToken: 'a', refreshToken: 'r' },
    onTokens: (tokens) => kept.push(tokens),
  });
  await t.throwsAsync(auth.me(), { instanceOf: ApiError });
  t.deepEqual(kept, [undefined]);
  t.false(auth.signedIn);
});

test('a refusal names every offending path; one that is not the API’s own still has a code', async (t) => {
  const errors = [
    { path: '/variables/0/values', message: 'needs at least one value' },
    { path: '/lane', message: 'is not a lane' },
  ];
  const { url } = await scriptedServer(t, (_request, response, count) => {
    if (count > 1) return void response.writeHead(418, { 'content-type': 'text/html' }).end('<h1>proxy</h1>');
    const body = { type: 'about:blank', title: 'x', status: 422, detail: 'd', code: 'validation_failed' };
    return json(response, 422, { ...body, requestId: 'r', errors });
  });
  const { tasks } = createClient({ baseUrl: url });
  const error = await t.throwsAsync(tasks.create(submission), { instanceOf: ApiError });
  t.is(error?.code, 'validation_failed');
  t.deepEqual(error?.issues, errors);
  const foreign = await t.throwsAsync(tasks.create(submission), { instanceOf: ApiError });
  t.is(foreign?.code, 'http_418');
});

test('a server that is not there is a sentence that says where', async (t) => {
  const port = await freePort();
  const { auth } = createClient({ baseUrl: `http://127.0.0.1:${port}`, maxRetries: 0 });
  const error = await t.throwsAsync(auth.me(), { instanceOf: NetworkError });
  t.regex(error?.message ?? '', new RegExp(`^No answer from http://127\\.0\\.0\\.1:${port}: .*ECONNREFUSED`));
});

test('an answer that breaks the contract is refused', async (t) => {
  const { url } = await scriptedServer(t, (_request, response) =>
    json(response, 200, { ...user, role: 'god' }),
  );
  await t.throwsAsync(createClient({ baseUrl: url }).auth.me(), { name: 'ZodError' });
});

test('lists are walked page by page', async (t) => {
  const { url, seen } = await scriptedServer(t, ({ url: path }, response) =>
    json(response, 200, {
      items: [taskIn('running')],
      nextCursor: path.includes('cursor=c2') ? null : 'c2',
    }),
  );
  const states = [];
  for await (const task of createClient({ baseUrl: url }).tasks.iterate({ lane: 'lumina' })) {
    states.push(task.state);
  }
  t.deepEqual(states, ['running', 'running']);
  t.deepEqual(
    seen.map((request) => request.url),
    ['/api/v1/tasks?lane=lumina', '/api/v1/tasks?lane=lumina&cursor=c2'],
  );
});
