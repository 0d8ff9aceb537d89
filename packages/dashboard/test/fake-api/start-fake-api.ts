import { createServer } from 'node:http';
import type { IncomingMessage, ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import {
  apiKeyCreationSchema,
  issuesOf,
  subtaskPatchSchema,
  taskSubmissionSchema,
} from '@backend2/contracts';
import type { ApiKeyView, HealthView, Issue, TaskSubmission, UserView } from '@backend2/contracts';
import { EventHub } from './event-hub.ts';
import { FakeTask, axesOf, ownerId } from './fake-task.ts';
import { pictureOf } from './picture.ts';
import { servePage } from './serve-page.ts';

export const email = 'ada@example.org';
export const password = 'correct horse battery';

const user: UserView = {
  id: ownerId,
  email,
  name: 'Ada',
  role: 'user',
  disabled: false,
  createdAt: '2026-01-01T00:00:00Z',
};

const json = (response: ServerResponse, status: number, body: unknown, type = 'application/json'): void => {
  response.writeHead(status, { 'content-type': type });
  response.end(JSON.stringify(body));
};

const problem = (
  response: ServerResponse,
  status: number,
  code: string,
  detail: string,
  errors?: Issue[],
): void =>
  json(
    response,
    status,
    { type: 'about:blank', title: code, status, detail, code, requestId: 'r1', errors },
    'application/problem+json',
  );

const bodyOf = async (request: IncomingMessage): Promise<unknown> => {
  let text = '';
  for await (const chunk of request.setEncoding('utf8')) text += chunk;
  return text === '' ? undefined : JSON.parse(text);
};

/** The placeholders only the server knows of. */
const unknownPlaceholders = (submission: TaskSubmission): Issue[] => {
  const names = submission.variables.map((variable) => variable.name);
  const walk = (value: unknown, path: string): Issue[] => {
    if (typeof value === 'string') {
      return [...value.matchAll(/\{\{(\w+)\}\}/g)]
        .filter((match) => !names.includes(match[1] ?? ''))
        .map((match) => ({ path, message: `names {{${match[1]}}}, which is no variable` }));
    }
    if (typeof value !== 'object' || value === null) return [];
    return Object.entries(value).flatMap(([key, part]) => walk(part, `${path}/${key}`));
  };
  return walk(submission.input, '/input');
};

export interface FakeApi {
  readonly url: string;
  readonly hub: EventHub;
  health: HealthView;
  add(submission: unknown): FakeTask;
  close(): Promise<void>;
}

/** A server that answers by the contracts, from memory, and serves the built page. */
export const startFakeApi = async (pageFolder: string): Promise<FakeApi> => {
  const hub = new EventHub();
  const tasks = new Map<string, FakeTask>();
  const keys: ApiKeyView[] = [];
  const add = (submission: unknown): FakeTask => {
    const task = new FakeTask(taskSubmissionSchema.parse(submission), (id, message) => hub.tell(id, message));
    tasks.set(task.id, task);
    return task;
  };
  const api: Omit<FakeApi, 'url' | 'close'> = { hub, health: { status: 'pass', checks: {} }, add };

  const submit = async (
    request: IncomingMessage,
    response: ServerResponse,
    store: boolean,
  ): Promise<void> => {
    const parsed = taskSubmissionSchema.safeParse(await bodyOf(request));
    const issues = parsed.success ? unknownPlaceholders(parsed.data) : issuesOf(parsed.error);
    if (!parsed.success || issues.length > 0) {
      return problem(response, 422, 'validation_failed', 'some fields are not valid', issues);
    }
    if (store) return json(response, 202, add(parsed.data).detail);
    const axes = axesOf(parsed.data);
    const subtasks = axes.reduce((product, axis) => product * axis.length, 1);
    json(response, 200, { subtasks, axes, seconds: subtasks / 2 });
  };

  const ofTask = async (request: IncomingMessage, response: ServerResponse, url: URL): Promise<void> => {
    const [, taskId = '', rest = ''] = /^\/tasks\/([0-9a-f-]{36})\/?(.*)$/.exec(url.pathname.slice(7)) ?? [];
    const task = tasks.get(taskId);
    if (task === undefined) return problem(response, 404, 'not_found', 'There is no such task.');
    const ordinal = Number(/^subtasks\/(\d+)/.exec(rest)?.[1] ?? 0);
    switch (`${request.method} ${rest.replace(/\d+/, 'n')}`) {
      case 'GET ':
        return json(response, 200, task.detail);
      case 'GET matrix':
        return json(response, 200, task.matrix(url.searchParams));
      case 'GET summary':
        return json(response, 200, task.summary);
      case 'GET events':
        return hub.connect(response, taskId, request.headers['last-event-id']?.toString());
      case 'GET subtasks/n':
        return json(response, 200, task.subtask(ordinal));
      case 'PATCH subtasks/n': {
        const patch = subtaskPatchSchema.parse(await bodyOf(request));
        return json(response, 200, task.rate(ordinal, patch.rating ?? 'unrated'));
      }
      case 'POST subtasks/n/retry':
        task.move([ordinal], 'queued');
        return json(response, 200, task.subtask(ordinal));
      case 'POST pause':
        return json(response, 200, task.set('paused'));
      case 'POST resume':
        return json(response, 200, task.set('running'));
      case 'POST cancel':
        return json(response, 200, task.set('cancelled'));
      default:
        return problem(response, 404, 'not_found', `${request.method} ${rest} is not in the fake.`);
    }
  };

  const answer = async (request: IncomingMessage, response: ServerResponse): Promise<void> => {
    const url = new URL(request.url ?? '/', 'http://fake');
    const path = url.pathname;
    if (path === '/health') return json(response, 200, api.health, 'application/health+json');
    if (!path.startsWith('/api/v1')) return servePage(pageFolder, path, response);
    if (path === '/api/v1/auth/token') {
      const given = (await bodyOf(request)) as { username?: string; password?: string };
      if (given.username !== email || given.password !== password) {
        return problem(response, 401, 'wrong_credentials', 'The email or the password is wrong.');
      }
      return json(response, 200, {
        access_token: 'a1',
        token_type: 'Bearer',
        expires_in: 3600,
        refresh_token: 'r1',
      });
    }
    const artifact = /^\/api\/v1\/artifacts\/.*-([0-9a-f]{12})$/.exec(path)?.[1];
    if (artifact !== undefined) {
      if (!request.headers.cookie?.includes('pictures=yes'))
        return problem(response, 401, 'unauthenticated', 'No cookie.');
      const width = Number(url.searchParams.get('w') ?? 1024);
      response.writeHead(200, {
        'content-type': 'image/svg+xml',
        'cache-control': 'private, max-age=600',
        'content-security-policy': "default-src 'none'; sandbox",
        'content-disposition': 'attachment',
      });
      return void response.end(pictureOf(Number.parseInt(artifact, 16), width, width));
    }
    if (request.headers.authorization !== 'Bearer a1') {
      return problem(response, 401, 'unauthenticated', 'Sign in first.');
    }
    const ended = request.method === 'DELETE' && /^\/api\/v1\/api-keys\/(.*)$/.exec(path)?.[1];
    if (ended) {
      keys.splice(
        keys.findIndex(({ id }) => id === ended),
        1,
      );
      response.writeHead(204);
      return void response.end();
    }
    switch (`${request.method} ${path.slice(7)}`) {
      case 'PUT /auth/cookie':
        response.writeHead(204, { 'set-cookie': 'pictures=yes; HttpOnly; SameSite=Strict; Path=/api/v1' });
        return void response.end();
      case 'POST /auth/logout':
        response.writeHead(204);
        return void response.end();
      case 'GET /users/me':
        return json(response, 200, user);
      case 'GET /api-keys':
        return json(response, 200, { items: keys });
      case 'POST /api-keys': {
        const parsed = apiKeyCreationSchema.safeParse(await bodyOf(request));
        if (!parsed.success)
          return problem(response, 422, 'validation_failed', 'not valid', issuesOf(parsed.error));
        const { name, scopes, expiresAt = null } = parsed.data;
        const id = `44444444-4444-4444-8444-${keys.length.toString(16).padStart(12, '0')}`;
        const at = new Date().toISOString();
        keys.unshift({ id, name, scopes, expiresAt, prefix: 'b2k_abcdef', createdAt: at, lastUsedAt: null });
        return json(response, 201, { ...keys[0], key: 'b2k_abcdef-the-whole-of-it' });
      }
      case 'POST /tasks/estimate':
        return submit(request, response, false);
      case 'POST /tasks':
        return submit(request, response, true);
      case 'GET /tasks': {
        const search = url.searchParams.get('search')?.toLowerCase() ?? '';
        const found = [...tasks.values()]
          .map((task) => task.view)
          .filter(({ name }) => name.toLowerCase().includes(search));
        return json(response, 200, { items: found, nextCursor: null });
      }
      default:
        return ofTask(request, response, url);
    }
  };

  const server = createServer((request, response) => {
    answer(request, response).catch((error: unknown) => {
      if (response.headersSent) response.destroy();
      else problem(response, 500, 'internal', String(error));
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return Object.assign(api, {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    close: () =>
      new Promise<void>((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  });
};
