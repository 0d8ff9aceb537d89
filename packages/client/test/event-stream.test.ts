import type { ServerResponse } from 'node:http';
import test from 'ava';
import { ApiError, createClient } from '../src/index.ts';
import { ownerId, taskId, taskIn } from './samples.ts';
import { json, problem, scriptedServer } from './scripted-server.ts';

const begin = (response: ServerResponse): void => {
  response.writeHead(200, { 'content-type': 'text/event-stream' });
  response.write('retry: 5\n\n: hello\n\n');
};
const send = (
  response: ServerResponse,
  id: string,
  message: { type: string; [field: string]: unknown },
): void => void response.write(`id: ${id}\nevent: ${message.type}\ndata: ${JSON.stringify(message)}\n\n`);
const taskEvent = (state: Parameters<typeof taskIn>[0]) => ({
  type: 'task',
  taskId,
  ownerId,
  task: taskIn(state),
});

test('events go on after a broken connection from where it broke', async (t) => {
  const { url, seen } = await scriptedServer(t, (_request, response, count) => {
    begin(response);
    if (count === 1) {
      send(response, '1-0', { type: 'ready' });
      send(response, '2-0', taskEvent('pending'));
      response.write('id: 3-0\nevent: task\ndata: {"half', () => response.destroy());
    } else {
      send(response, '3-0', taskEvent('running'));
      send(response, '4-0', { type: 'a-kind-of-a-later-version' });
      send(response, '5-0', taskEvent('succeeded'));
    }
  });
  const ids: string[] = [];
  const connections: string[] = [];
  const options = { onConnection: (state: string) => void connections.push(state) };
  for await (const { id } of createClient({ baseUrl: url }).tasks.events(taskId, options)) {
    ids.push(id);
    if (id === '5-0') break;
  }
  t.deepEqual(ids, ['1-0', '2-0', '3-0', '5-0']);
  t.deepEqual(connections, ['open', 'lost', 'open']);
  t.is(seen[0]?.headers['last-event-id'], undefined);
  t.is(seen[1]?.headers['last-event-id'], '2-0');
});

test('a refusal for good ends the events with the reason', async (t) => {
  const { url } = await scriptedServer(t, (_request, response) => problem(response, 404, 'not_found'));
  const events = createClient({ baseUrl: url }).tasks.events(taskId);
  await t.throwsAsync(events.next(), { instanceOf: ApiError, message: 'It is not_found.' });
});

test('aborting ends the events quietly', async (t) => {
  const { url } = await scriptedServer(t, (_request, response) => {
    begin(response);
    send(response, '1-0', { type: 'ready' });
  });
  const stop = new AbortController();
  const events = createClient({ baseUrl: url }).tasks.events(taskId, { signal: stop.signal });
  t.is((await events.next()).value?.id, '1-0');
  const next = events.next();
  stop.abort();
  t.true((await next).done);
});

test('waiting for a task shows its progress and ends when it does', async (t) => {
  const { url } = await scriptedServer(t, ({ url: path }, response) => {
    if (!path.endsWith('/events')) return json(response, 200, taskIn('pending'));
    begin(response);
    send(response, '1-0', { type: 'ready' });
    send(response, '2-0', taskEvent('running'));
    return send(response, '3-0', taskEvent('partially_failed'));
  });
  const seen: string[] = [];
  const task = await createClient({ baseUrl: url }).tasks.waitUntilFinished(taskId, {
    onProgress: ({ state }) => seen.push(state),
  });
  t.is(task.state, 'partially_failed');
  t.deepEqual(seen, ['pending', 'running', 'partially_failed']);
});

test('waiting for a task that is deleted says so', async (t) => {
  const { url } = await scriptedServer(t, (_request, response) => {
    begin(response);
    send(response, '3-0', { type: 'deleted', taskId, ownerId });
  });
  const waiting = createClient({ baseUrl: url }).tasks.waitUntilFinished(taskId);
  await t.throwsAsync(waiting, { message: 'The task was deleted.' });
});

test('waiting for a task lives through a server that is away longer than a request tries', async (t) => {
  let refused = 0;
  const { url } = await scriptedServer(t, ({ url: path }, response) => {
    if (path.endsWith('/events')) {
      begin(response);
      return send(response, '1-0', { type: 'ready' });
    }
    if (refused === 2) return json(response, 200, taskIn('succeeded'));
    refused += 1;
    return problem(response, 503, 'unreachable');
  });
  const client = createClient({ baseUrl: url, maxRetries: 0 });
  t.is((await client.tasks.waitUntilFinished(taskId)).state, 'succeeded');
  t.is(refused, 2);
});

test('waiting that is given up gives up what it has asked', async (t) => {
  const { url } = await scriptedServer(t, (_request, response) => {
    begin(response);
    send(response, '1-0', { type: 'ready' });
  });
  const asked = Promise.withResolvers<AbortSignal>();
  const neverAnswered = (signal: AbortSignal) =>
    new Promise<Response>((_resolve, reject) => {
      asked.resolve(signal);
      signal.addEventListener('abort', () => reject(signal.reason as Error));
    });
  const client = createClient({
    baseUrl: url,
    fetch: (input, init) =>
      new Request(input).url.endsWith('/events')
        ? fetch(input, init)
        : neverAnswered(init?.signal as AbortSignal),
  });
  const stop = new AbortController();
  const waiting = client.tasks.waitUntilFinished(taskId, { signal: stop.signal });
  const signal = await asked.promise;
  const reason = new Error('given up');
  stop.abort(reason);
  t.is(signal.reason, reason);
  await t.throwsAsync(waiting, { is: reason });
});
