import { createClient } from '@backend2/client';
import { DomainError, type Json, type Principal, type TaskDetail } from '@backend2/contracts';
import test from 'ava';
import { Redis } from 'ioredis';
import { ada, bob, submission, subtaskOf, taskOf } from './samples.ts';
import { startGateway, type TestGateway } from './start-gateway.ts';

const clientOf = (gateway: TestGateway, userId: string) =>
  createClient({ baseUrl: gateway.url, token: gateway.as(userId)['authorization']?.slice(7) ?? '' });

const submit = (gateway: TestGateway, key: string, body: unknown = submission, userId = ada) =>
  fetch(`${gateway.url}/api/v1/tasks`, {
    method: 'POST',
    headers: { ...gateway.as(userId), 'content-type': 'application/json', 'idempotency-key': key },
    body: JSON.stringify(body),
  });

/** Makes a task a call, and remembers the ids it was asked to give them. */
const creating = () => {
  const asked: (string | undefined)[] = [];
  const create = async ({ principal, taskId }: { principal: Principal; taskId?: string | undefined }) => {
    asked.push(taskId);
    return taskOf(principal.userId, taskId === undefined ? {} : { id: taskId });
  };
  return { asked, create };
};

test('a submitted task is accepted, and says where it is', async (t) => {
  const seen: unknown[] = [];
  const gateway = await startGateway(t, {
    tasks: {
      'tasks.create': async ({ principal, submission: given }) => {
        seen.push(principal, given.lane, given.batchSize);
        return taskOf(principal.userId);
      },
    },
  });
  const response = await fetch(`${gateway.url}/api/v1/tasks`, {
    method: 'POST',
    headers: { ...gateway.as(ada), 'content-type': 'application/json' },
    body: JSON.stringify(submission),
  });
  t.is(response.status, 202);
  const task = (await response.json()) as TaskDetail;
  t.is(response.headers.get('location'), `/api/v1/tasks/${task.id}`);
  t.deepEqual(seen, [{ userId: ada, role: 'user' }, 'standard', 1]);
});

test('every action reaches the service with its caller, its task and its values', async (t) => {
  const task = taskOf(ada);
  const calls: unknown[] = [];
  const say = (name: string, answer: Json | object) => async (request: object) => {
    calls.push([name, { ...request, principal: undefined }]);
    return answer as never;
  };
  const subtask = subtaskOf(task.id, 1);
  const page = { items: [], nextCursor: null };
  const matrix = { taskId: task.id, x: null, y: null, fixed: {}, cells: [] };
  const gateway = await startGateway(t, {
    tasks: {
      'tasks.list': say('list', page),
      'tasks.cancel': say('cancel', task),
      'tasks.pause': say('pause', task),
      'tasks.resume': say('resume', task),
      'tasks.retry': say('retry', task),
      'tasks.delete': say('delete', {}),
      'tasks.matrix': say('matrix', matrix),
      'subtasks.list': say('subtasks', page),
      'subtasks.get': say('subtask', subtask),
      'subtasks.update': say('rate', subtask),
      'subtasks.retry': say('again', subtask),
    },
  });
  const { tasks } = clientOf(gateway, ada);
  await tasks.list({ status: 'running', search: 'a & b', limit: 3 });
  await tasks.cancel(task.id);
  await tasks.pause(task.id);
  await tasks.resume(task.id);
  await tasks.retry(task.id);
  await tasks.delete(task.id);
  await tasks.matrix(task.id, { x: 'style', y: 'time', fixed: { seed: 2 } });
  await tasks.subtasks(task.id, { state: 'failed' });
  await tasks.subtask(task.id, 1);
  await tasks.updateSubtask(task.id, 1, { rating: 'good' });
  await tasks.retrySubtask(task.id, 1);
  const of = { principal: undefined, taskId: task.id };
  t.deepEqual(calls, [
    ['list', { principal: undefined, query: { status: 'running', search: 'a & b', limit: 3 } }],
    ['cancel', of],
    ['pause', of],
    ['resume', of],
    ['retry', of],
    ['delete', of],
    ['matrix', { ...of, query: { x: 'style', y: 'time', fixed: { seed: 2 } } }],
    ['subtasks', { ...of, query: { state: 'failed', limit: 50 } }],
    ['subtask', { ...of, ordinal: 1 }],
    ['rate', { ...of, ordinal: 1, patch: { rating: 'good' } }],
    ['again', { ...of, ordinal: 1 }],
  ]);
});

test('fifty copies of one request under one idempotency key make one task and get one answer', async (t) => {
  const { asked, create } = creating();
  const gateway = await startGateway(t, { tasks: { 'tasks.create': create } });
  const beside = await startGateway(t, { beside: gateway });
  const answers = await Promise.all(
    Array.from({ length: 50 }, async (_, n) => {
      const response = await submit(n % 2 === 0 ? gateway : beside, 'sweep-1');
      return {
        status: response.status,
        body: await response.text(),
        replayed: response.headers.get('idempotent-replayed'),
      };
    }),
  );
  t.is(asked.length, 1);
  const accepted = answers.filter(({ status }) => status === 202);
  t.true(accepted.length >= 1);
  t.is(new Set(accepted.map(({ body }) => body)).size, 1);
  t.is(accepted.filter(({ replayed }) => replayed === null).length, 1);
  t.true(answers.every(({ status }) => status === 202 || status === 409));

  const later = await submit(beside, '"sweep-1"');
  t.is(later.status, 202);
  t.is(later.headers.get('idempotent-replayed'), 'true');
  const body = await later.text();
  t.is(body, accepted[0]?.body ?? '');
  t.is(later.headers.get('location'), `/api/v1/tasks/${(JSON.parse(body) as TaskDetail).id}`);
});

test('an idempotency key is bound to its body and to its caller, not to the order of fields', async (t) => {
  const { asked, create } = creating();
  const gateway = await startGateway(t, { tasks: { 'tasks.create': create } });
  t.is((await submit(gateway, 'k')).status, 202);
  const reordered = Object.fromEntries(Object.entries(submission).toReversed());
  t.is((await submit(gateway, 'k', reordered)).headers.get('idempotent-replayed'), 'true');
  const other = await submit(gateway, 'k', { ...submission, name: 'Another' });
  t.is(other.status, 422);
  t.is(((await other.json()) as { code: string }).code, 'idempotency_key_reused');
  t.is((await submit(gateway, 'k', submission, bob)).headers.get('idempotent-replayed'), null);
  t.is(asked.length, 2);
});

test('an idempotency key is kept for 24 hours from its answer on, and makes a new task after them', async (t) => {
  const { asked, create } = creating();
  const gateway = await startGateway(t, { tasks: { 'tasks.create': create } });
  const redis = new Redis(gateway.redisUrl);
  t.teardown(() => redis.disconnect());
  const hourMs = 3_600_000;
  const first = await (await submit(gateway, 'k')).text();
  const [record = '', ...others] = await redis.keys('*{idempotency}:*');
  t.deepEqual(others, []);
  const left = await redis.pttl(record);
  t.true(left > 23 * hourMs && left <= 24 * hourMs, `${left} ms`);

  // As if 23 hours had gone by, then all of them.
  await redis.pexpire(record, hourMs);
  const again = await submit(gateway, 'k');
  t.is(again.headers.get('idempotent-replayed'), 'true');
  t.is(await again.text(), first);
  t.true((await redis.pttl(record)) <= hourMs, 'an answer given again is not kept for longer');
  await redis.pexpireat(record, Date.now() - 1);
  const anew = await submit(gateway, 'k');
  t.is(anew.status, 202);
  t.is(anew.headers.get('idempotent-replayed'), null);
  t.not(await anew.text(), first);
  t.is(new Set(asked).size, 2);
});

test('a refusal does not use an idempotency key up', async (t) => {
  const { asked, create } = creating();
  let full = true;
  const gateway = await startGateway(t, {
    tasks: {
      'tasks.create': async (request) => {
        if (full) throw new DomainError('limited', 'rate_limited', 'Too many tasks.');
        return create(request);
      },
    },
  });
  t.is((await submit(gateway, 'k')).status, 429);
  full = false;
  const response = await submit(gateway, 'k');
  t.is(response.status, 202);
  t.is(response.headers.get('idempotent-replayed'), null);
  t.is(asked.length, 1);
});

test('a creation whose answer was lost is repeated under the same id', async (t) => {
  const { asked, create } = creating();
  const gateway = await startGateway(t, {
    env: { RPC_TIMEOUT: '3s' },
    tasks: {
      'tasks.create': async (request) => {
        const made = await create(request);
        return asked.length === 1 ? new Promise<never>(() => undefined) : made;
      },
    },
  });
  const task = await clientOf(gateway, ada).tasks.create(submission);
  t.is(asked.length, 2);
  t.is(asked[0], asked[1]);
  t.is(task.id, asked[0] ?? '');
});
