import { problemSchema, type Problem } from '@backend2/contracts';
import test from 'ava';
import { ada, submission, taskOf } from './samples.ts';
import { startGateway, type TestGateway } from './start-gateway.ts';

const ask = async (
  gateway: TestGateway,
  path: string,
  init: RequestInit = {},
): Promise<[Response, Problem]> => {
  const response = await fetch(gateway.url + path, init);
  const body: unknown = await response.json();
  return [response, problemSchema.parse(body)];
};
const post = (gateway: TestGateway, body: string, type = 'application/json') => ({
  method: 'POST',
  headers: { ...gateway.as(ada), 'content-type': type },
  body,
});

test('whatever cannot be served is a problem with a stable code, the request id and no stack', async (t) => {
  const gateway = await startGateway(t, { env: { MAX_BODY_BYTES: '2048', MAX_BODY_ITEMS: '200' } });
  const tasks = '/api/v1/tasks';
  const deep = '['.repeat(500) + ']'.repeat(500);
  const cases: [string, RequestInit, number, string][] = [
    ['/api/v1/nowhere', {}, 404, 'unknown_route'],
    ['/nowhere.txt', {}, 404, 'unknown_route'],
    [tasks, { method: 'PATCH' }, 405, 'method_not_allowed'],
    [tasks, { method: 'POST', headers: gateway.as(ada) }, 400, 'body_missing'],
    [tasks, post(gateway, '{"name": '), 400, 'malformed_json'],
    [tasks, post(gateway, '<task/>', 'text/xml'), 415, 'unsupported_media_type'],
    [tasks, post(gateway, JSON.stringify('x'.repeat(3000))), 413, 'body_too_large'],
    [tasks, post(gateway, deep), 400, 'body_too_deep'],
    [tasks, post(gateway, JSON.stringify({ input: Array(201).fill(1) })), 400, 'body_too_long'],
    [`${tasks}/%E0%A4%A`, { headers: gateway.as(ada) }, 400, 'malformed_path'],
    [`${tasks}/not-an-id`, { headers: gateway.as(ada) }, 404, 'not_found'],
    [tasks, {}, 401, 'token_missing'],
    [tasks, { headers: { authorization: 'Basic YTpi' } }, 401, 'token_malformed'],
    [tasks, { headers: { authorization: 'Bearer a.b.c' } }, 401, 'token_invalid'],
    ['/api/v1/users', { headers: gateway.as(ada) }, 403, 'admin_only'],
  ];
  for (const [path, init, status, code] of cases) {
    const [response, problem] = await ask(gateway, path, init);
    const which = `${init.method ?? 'GET'} ${path} ${code}`;
    t.is(response.status, status, which);
    t.is(problem.code, code, which);
    t.is(problem.status, status, which);
    t.is(response.headers.get('content-type'), 'application/problem+json; charset=utf-8', which);
    t.is(response.headers.get('x-request-id'), problem.requestId, which);
    t.notRegex(JSON.stringify(problem), /\bat .*\.ts|node_modules/, which);
  }
  t.deepEqual(gateway.unexpected, []);
});

test('a method that is not possible is told which are, a missing sign-in how to', async (t) => {
  const gateway = await startGateway(t);
  const [patched] = await ask(gateway, '/api/v1/tasks', { method: 'PATCH' });
  t.is(patched.headers.get('allow'), 'POST, GET, HEAD, OPTIONS');
  const [anonymous] = await ask(gateway, '/api/v1/tasks');
  t.regex(anonymous.headers.get('www-authenticate') ?? '', /^Bearer realm="backend2"$/);
});

test('every offending path of a body is named at once', async (t) => {
  const gateway = await startGateway(t);
  const body = {
    ...submission,
    name: '',
    lane: 'express',
    variables: [{ name: '1st', values: [] }],
    colour: 1,
  };
  const [response, problem] = await ask(gateway, '/api/v1/tasks', post(gateway, JSON.stringify(body)));
  t.is(response.status, 422);
  t.is(problem.code, 'validation_failed');
  t.deepEqual(problem.errors?.map(({ path }) => path).toSorted(), [
    '/colour',
    '/lane',
    '/name',
    '/variables/0/name',
    '/variables/0/values',
  ]);
});

test('wrong, unknown and repeated query parameters are named at once', async (t) => {
  const gateway = await startGateway(t);
  const query = 'limit=0&stauts=failed&lane=standard&lane=lumina';
  const [response, problem] = await ask(gateway, `/api/v1/tasks?${query}`, { headers: gateway.as(ada) });
  t.is(response.status, 422);
  t.deepEqual(problem.errors?.map(({ path }) => path).toSorted(), ['?lane', '?limit', '?stauts']);
});

test('an error nobody meant is a 500 that says nothing of itself, and is tracked', async (t) => {
  const gateway = await startGateway(t, {
    tasks: {
      'tasks.list': async () => {
        throw new Error('password of the database is hunter2');
      },
    },
  });
  const [response, problem] = await ask(gateway, '/api/v1/tasks', { headers: gateway.as(ada) });
  t.is(response.status, 500);
  t.is(problem.code, 'internal');
  t.notRegex(JSON.stringify(problem), /hunter2/);
  t.is(gateway.unexpected.length, 1);
});

test('a service that does not answer in time is a 503 that says when to come again', async (t) => {
  const gateway = await startGateway(t, {
    env: { RPC_TIMEOUT: '200ms' },
    tasks: { 'tasks.list': () => new Promise(() => undefined) },
  });
  const [response, problem] = await ask(gateway, '/api/v1/tasks', { headers: gateway.as(ada) });
  t.is(response.status, 503);
  t.is(problem.code, 'no_answer');
  t.regex(response.headers.get('retry-after') ?? '', /^\d+$/);
});

test('a request id that is one is kept, any other is replaced; the trace goes on', async (t) => {
  const gateway = await startGateway(t);
  const trace = '00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01';
  const headers = { 'x-request-id': 'job-42:a', traceparent: trace };
  const [kept] = await ask(gateway, '/api/v1/nowhere', { headers });
  t.is(kept.headers.get('x-request-id'), 'job-42:a');
  t.regex(kept.headers.get('traceparent') ?? '', /^00-0af7651916cd43dd8448eb211c80319c-[\da-f]{16}-01$/);
  const [replaced] = await ask(gateway, '/api/v1/nowhere', { headers: { 'x-request-id': 'a b<script>' } });
  t.regex(replaced.headers.get('x-request-id') ?? '', /^[\da-f-]{36}$/);
});

test('an unchanged answer is not sent again', async (t) => {
  const task = taskOf(ada);
  const gateway = await startGateway(t, { tasks: { 'tasks.get': async () => task } });
  const url = `${gateway.url}/api/v1/tasks/${task.id}`;
  const first = await fetch(url, { headers: gateway.as(ada) });
  const etag = first.headers.get('etag') ?? '';
  t.regex(etag, /^W\/"/);
  const again = await fetch(url, {
    headers: { ...gateway.as(ada), 'if-none-match': etag, 'cache-control': 'max-age=0' },
  });
  t.is(again.status, 304);
  t.is(first.headers.get('cache-control'), 'private, no-cache');
});

test('answers carry the headers that keep a browser safe, and other origins may read what they may', async (t) => {
  const gateway = await startGateway(t, { env: { CORS_ORIGINS: 'https://app.example.org' } });
  const response = await fetch(`${gateway.url}/livez`, { headers: { origin: 'https://app.example.org' } });
  const policy = response.headers.get('content-security-policy') ?? '';
  t.regex(policy, /default-src 'self'/);
  t.notRegex(policy, /unsafe/);
  t.is(response.headers.get('x-content-type-options'), 'nosniff');
  t.is(response.headers.get('x-powered-by'), null);
  t.is(response.headers.get('access-control-allow-origin'), 'https://app.example.org');
  const foreign = await fetch(`${gateway.url}/livez`, { headers: { origin: 'https://evil.example.org' } });
  t.is(foreign.headers.get('access-control-allow-origin'), null);
});
