import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { text } from 'node:stream/consumers';
import type { MatrixView, TaskDetail, TaskState, UserView } from '@backend2/contracts';
import type { ExecutionContext } from 'ava';

export const taskId = '0198b7a4-6f7e-7c3a-9a45-1a2b3c4d5e6f';
const ownerId = '0198b7a4-6f7e-7c3a-9a45-000000000001';
const at = '2026-11-24T10:30:00.000Z';

const taskIn = (state: TaskState, succeeded: number): TaskDetail => ({
  id: taskId,
  ownerId,
  name: 'A sweep',
  kind: 'image.generate',
  lane: 'standard',
  state,
  total: 2,
  counts: { pending: 0, queued: 0, running: 0, succeeded, failed: 2 - succeeded, cancelled: 0 },
  priority: 0,
  batchSize: 1,
  timeoutMs: 1000,
  maxAttempts: 3,
  tags: [],
  runAt: null,
  createdAt: at,
  startedAt: null,
  finishedAt: null,
  input: {},
  variables: [],
  axes: [{ name: 'colour', variables: ['colour'], length: 2 }],
});

const user: UserView = {
  id: ownerId,
  email: 'ada@example.org',
  name: 'Ada',
  role: 'user',
  disabled: false,
  createdAt: at,
};
const cell = { attempt: 1, rating: 'unrated' as const, result: null, error: null, artifacts: [] };
const matrix: MatrixView = {
  taskId,
  x: { name: 'colour', values: ['red', 'blue'] },
  y: null,
  fixed: { seed: 1 },
  cells: [
    [
      { ...cell, ordinal: 0, state: 'succeeded', rating: 'good' },
      { ...cell, ordinal: 1, state: 'failed' },
    ],
  ],
};

/**
 * The public API as far as the command needs it, for a task that ends as told.
 * @param answers by method and path: what further routes answer with 200.
 */
export const apiServer = async (
  t: ExecutionContext,
  end: { state: TaskState; succeeded: number },
  answers: Readonly<Record<string, unknown>> = {},
) => {
  const seen: { route: string; search: string; authorization: string | undefined; body: string }[] = [];
  const server = createServer((request, response) => {
    void (async () => {
      const { pathname, search } = new URL(request.url ?? '', 'http://x');
      const route = `${request.method} ${pathname.replace('/api/v1', '').replace(taskId, ':id')}`;
      seen.push({ route, search, authorization: request.headers.authorization, body: await text(request) });
      const json = (status: number, body: unknown, type = 'application/json') =>
        response.writeHead(status, { 'content-type': type }).end(JSON.stringify(body));
      const refuse = (status: number, code: string, detail: string, errors?: object[]) =>
        json(
          status,
          { type: 'about:blank', title: code, status, detail, code, requestId: 'r-1', errors },
          'application/problem+json',
        );
      const last = seen.at(-1);
      switch (route) {
        case 'POST /auth/token':
          return last?.body.includes('open sesame')
            ? json(200, {
                access_token: 'token-1',
                token_type: 'Bearer',
                expires_in: 3600,
                refresh_token: 'refresh-1',
              })
            : refuse(400, 'invalid_credentials', 'Email or password is wrong.');
        case 'GET /health':
          return json(503, {
            status: 'fail',
            output: 'It is all on fire.',
            checks: { 'redis:up': [{ status: 'fail', time: at }] },
          });
        default:
      }
      if (last?.authorization !== 'Bearer token-1')
        return refuse(401, 'token_invalid', 'The access token is not valid.');
      if (Object.hasOwn(answers, route)) {
        const answer = answers[route];
        return answer === undefined ? response.writeHead(204).end() : json(200, answer);
      }
      switch (route) {
        case 'GET /users/me':
          return json(200, user);
        case 'POST /auth/logout':
          return response.writeHead(204).end();
        case 'POST /tasks':
          return last.body.includes('image.generate')
            ? json(202, taskIn('pending', 0))
            : refuse(422, 'validation_failed', '2 fields are not valid', [
                { path: '/kind', message: 'is needed' },
                { path: '/input/prompts', message: 'is needed' },
              ]);
        case 'GET /tasks':
          return json(200, { items: [taskIn('running', 1)], nextCursor: null });
        case 'GET /tasks/:id':
          return json(200, taskIn('running', 1));
        case 'POST /tasks/:id/cancel':
          return json(200, taskIn('cancelled', 0));
        case 'GET /tasks/:id/matrix':
          return json(200, matrix);
        case 'GET /tasks/:id/events': {
          response.writeHead(200, { 'content-type': 'text/event-stream' });
          const task = taskIn(end.state, end.succeeded);
          const event = { type: 'task', taskId, ownerId, task };
          return response.write(`id: 1-0\nevent: task\ndata: ${JSON.stringify(event)}\n\n`);
        }
        case 'GET /tasks/:id/export':
          response.writeHead(200, {
            'content-type': 'text/csv',
            'content-disposition': 'attachment; filename="../a-sweep.csv"',
          });
          return response.end('ordinal\n0\n');
        default:
          return refuse(404, 'not_found', 'There is no such task.');
      }
    })();
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  t.teardown(() => {
    server.closeAllConnections();
    server.close();
  });
  return { url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`, seen };
};
