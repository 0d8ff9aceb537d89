import { once } from 'node:events';
import { createServer } from 'node:http';
import { connect, type AddressInfo } from 'node:net';
import { createClient, type StreamedEvent } from '@backend2/client';
import { control, notFound, taskEvents } from '@backend2/contracts';
import { until } from '@backend2/testkit';
import test, { type ExecutionContext } from 'ava';
import type { Response } from 'express';
import { EventConnection } from '../src/events/event-connection.ts';
import { eventFrame } from '../src/events/event-frame.ts';
import { ada, bob, changeOf, taskOf } from './samples.ts';
import { startGateway, type TestGateway } from './start-gateway.ts';

const task = taskOf(ada);
const other = taskOf(bob);
const owned = {
  'tasks.get': async ({ principal, taskId }: { principal: { userId: string }; taskId: string }) => {
    const found = [task, other].find(({ id, ownerId }) => id === taskId && ownerId === principal.userId);
    if (!found) throw notFound('task');
    return found;
  },
};

const follow = (
  t: ExecutionContext,
  gateway: TestGateway,
  userId: string,
  taskId?: string,
  lastEventId = '',
) => {
  const stop = new AbortController();
  t.teardown(() => stop.abort());
  const token = gateway.as(userId)['authorization']?.slice(7) ?? '';
  const { tasks } = createClient({ baseUrl: gateway.url, token });
  const heard: StreamedEvent[] = [];
  const reading = (async () => {
    for await (const event of tasks.events(taskId, { signal: stop.signal, lastEventId })) heard.push(event);
  })();
  const ordinals = (): number[] =>
    heard.flatMap(({ message }) =>
      message.type === 'subtasks' ? message.changes.map(({ ordinal }) => ordinal) : [],
    );
  const has = (count: number) => until(() => ordinals().length >= count, { what: `${count} changes` });
  const opened = () => until(() => heard[0]?.message.type === 'ready', { what: 'ready' });
  return { heard, ordinals, has, opened, stop: () => stop.abort(), reading };
};

const range = (from: number, to: number): number[] => Array.from({ length: to - from }, (_, i) => from + i);

test('each hears the changes of their own tasks, of one or of all', async (t) => {
  const gateway = await startGateway(t, { tasks: owned });
  const broadcast = gateway.streams.broadcast(taskEvents);
  const one = follow(t, gateway, ada, task.id);
  const all = follow(t, gateway, ada);
  const bobs = follow(t, gateway, bob);
  await Promise.all([one.opened(), all.opened(), bobs.opened()]);
  const second = taskOf(ada);
  await broadcast.publishMany([
    changeOf(task.id, ada, 1),
    changeOf(other.id, bob, 2),
    changeOf(second.id, ada, 3),
    changeOf(task.id, ada, 4),
  ]);
  await Promise.all([one.has(2), all.has(3), bobs.has(1)]);
  t.deepEqual(one.ordinals(), [1, 4]);
  t.deepEqual(all.ordinals(), [1, 3, 4]);
  t.deepEqual(bobs.ordinals(), [2]);
});

test("another's task has no events, and does not say that it is there", async (t) => {
  const gateway = await startGateway(t, { tasks: owned });
  const response = await fetch(`${gateway.url}/api/v1/tasks/${other.id}/events`, {
    headers: gateway.as(ada),
  });
  t.is(response.status, 404);
});

test('a stream resumes after the last event id without gap or repeat while events pour in', async (t) => {
  const gateway = await startGateway(t, { tasks: owned });
  const broadcast = gateway.streams.broadcast(taskEvents);
  const first = follow(t, gateway, ada, task.id);
  await first.opened();
  await broadcast.publishMany(range(0, 3).map((n) => changeOf(task.id, ada, n)));
  await first.has(3);
  first.stop();
  await first.reading;
  const last = first.heard.at(-1)?.id ?? '';

  await broadcast.publishMany(
    range(3, 1200).flatMap((n) => [changeOf(task.id, ada, n), changeOf(other.id, bob, n)]),
  );
  const pouring = (async () => {
    for (const n of range(1200, 1400)) await broadcast.publish(changeOf(task.id, ada, n));
  })();
  const second = follow(t, gateway, ada, task.id, last);
  await pouring;
  await second.has(1397);
  t.deepEqual(second.ordinals(), range(3, 1400));
});

test('what comes before the place where a client stands is not sent again, from a gateway that lags behind', async (t) => {
  const bodies: EventConnection[] = [];
  const claims = {
    userId: ada,
    role: 'user',
    sessionId: 's',
    tokenId: 't',
    issuedAt: 0,
    expiresAt: 1,
  } as const;
  const server = createServer((_request, response) => {
    bodies.push(
      new EventConnection({
        response: response as unknown as Response,
        claims,
        place: '5-0',
        maxBufferedBytes: 1_000_000,
        onSlow: () => undefined,
      }),
    );
    response.flushHeaders();
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  t.teardown(() => {
    server.closeAllConnections();
    server.close();
  });
  const response = await fetch(`http://127.0.0.1:${(server.address() as AddressInfo).port}`);
  const [connection] = bodies;
  const hear = (entryId: string): void => {
    const event = changeOf(task.id, ada, 1);
    connection?.hear({ entryId, event, frame: eventFrame(entryId, event) });
  };
  for (const entryId of ['4-0', '5-0', '5-1', '6-0']) hear(entryId);
  await connection?.goLive();
  for (const entryId of ['6-0', '5-9', '7-0']) hear(entryId);
  connection?.end();
  t.deepEqual(
    [...(await response.text()).matchAll(/^id: (.*)$/gm)].map(([, id]) => id),
    ['5-1', '6-0', '7-0'],
  );
});

test('a stream resumes at another gateway', async (t) => {
  const gateway = await startGateway(t, { tasks: owned });
  const broadcast = gateway.streams.broadcast(taskEvents);
  const first = follow(t, gateway, ada, task.id);
  await first.opened();
  await broadcast.publish(changeOf(task.id, ada, 0));
  await first.has(1);
  first.stop();
  await broadcast.publish(changeOf(task.id, ada, 1));
  const beside = await startGateway(t, { beside: gateway });
  const second = follow(t, beside, ada, task.id, first.heard.at(-1)?.id);
  await second.has(1);
  await broadcast.publish(changeOf(task.id, ada, 2));
  await second.has(2);
  t.deepEqual(second.ordinals(), [1, 2]);
});

test('a client whose place is lost is told to read anew, and then hears what happens', async (t) => {
  const gateway = await startGateway(t, { tasks: owned });
  const broadcast = gateway.streams.broadcast(taskEvents);
  await broadcast.publish(changeOf(task.id, ada, 0));
  const future = `${Date.now() + 3_600_000}-0`;
  const stream = follow(t, gateway, ada, task.id, future);
  await until(() => stream.heard[0]?.message.type === 'reset', { what: 'reset' });
  await broadcast.publish(changeOf(task.id, ada, 1));
  await stream.has(1);
  t.deepEqual(stream.ordinals(), [1]);
});

test('an event stream ends within moments of its token being revoked', async (t) => {
  const gateway = await startGateway(t, { tasks: owned });
  const response = await fetch(`${gateway.url}/api/v1/events`, { headers: gateway.as(ada) });
  t.is(response.headers.get('content-type'), 'text/event-stream; charset=utf-8');
  t.is(response.headers.get('cache-control'), 'no-store');
  t.is(response.headers.get('x-accel-buffering'), 'no');
  t.is(response.headers.get('content-encoding'), null);
  const over = response.text();
  await gateway.streams.broadcast(control).publish({ type: 'revoke', userId: ada, sessionId: 'session-1' });
  t.regex(await over, /^retry: \d+\n\nid: .*\nevent: ready\ndata: \{"type":"ready"\}\n\n/);
});

test('a last event id that is none is refused', async (t) => {
  const gateway = await startGateway(t, { tasks: owned });
  const headers = { ...gateway.as(ada), 'last-event-id': 'yesterday' };
  t.is((await fetch(`${gateway.url}/api/v1/events`, { headers })).status, 400);
});

/** Opens an event stream and, once it is there, reads no more of it. */
const unread = async (t: ExecutionContext, gateway: TestGateway, userId: string) => {
  const { hostname, port } = new URL(gateway.url);
  const socket = connect(Number(port), hostname);
  t.teardown(() => void socket.destroy());
  await once(socket, 'connect');
  const { authorization } = gateway.as(userId);
  socket.write(`GET /api/v1/events HTTP/1.1\r\nhost: x\r\nauthorization: ${authorization}\r\n\r\n`);
  await once(socket, 'data');
  return socket.pause();
};

const valueOf = async ({ metrics }: TestGateway, name: string): Promise<number> =>
  (await metrics.registry.getSingleMetric(`backend2_http_event_streams_${name}`)?.get())?.values[0]?.value ??
  0;

/** So many changes of 20 kB each. */
const bigChanges = (count: number) => {
  const error = { code: 'failed', message: 'x'.repeat(20_000) };
  const change = { ordinal: 1, state: 'failed' as const, attempt: 1, error, artifacts: [] };
  const event = { type: 'subtasks' as const, taskId: task.id, ownerId: ada, changes: [change] };
  return range(0, count).map(() => event);
};

test('a client that does not read is cut off instead of being buffered without end', async (t) => {
  const gateway = await startGateway(t, { tasks: owned });
  const broadcast = gateway.streams.broadcast(taskEvents);
  await unread(t, gateway, ada);
  const cut = await until(
    async () => {
      await broadcast.publishMany(bigChanges(20));
      return valueOf(gateway, 'cut_total');
    },
    { what: 'the cut', timeoutMs: 60_000 },
  );
  t.is(cut, 1);
});

test('while too much waits for all clients together, those with the most are cut off and the others stay', async (t) => {
  const most = 262_144;
  const gateway = await startGateway(t, {
    tasks: owned,
    env: { MAX_EVENT_BUFFER_BYTES: String(most) },
  });
  const broadcast = gateway.streams.broadcast(taskEvents);
  const [slow, quiet] = [await unread(t, gateway, ada), await unread(t, gateway, bob)];
  const isCut = async (): Promise<boolean> => (await valueOf(gateway, 'cut_total')) === 1;
  // Beyond the bound of all and far below that of one.
  await until(
    async () => {
      if ((await isCut()) || (await valueOf(gateway, 'buffered_bytes')) > most) return true;
      await broadcast.publishMany(bigChanges(4));
      return false;
    },
    { what: 'enough waiting', timeoutMs: 60_000 },
  );
  await until(isCut, { what: 'the cut', timeoutMs: 30_000 });
  t.is(await valueOf(gateway, 'buffered_bytes'), 0);
  await until(() => slow.resume().destroyed, { what: 'the end of the slow one', timeoutMs: 30_000 });
  let heard = '';
  quiet
    .setEncoding('utf8')
    .on('data', (text: string) => (heard += text))
    .resume();
  await broadcast.publish(changeOf(other.id, bob, 7));
  await until(() => heard.includes('"ordinal":7'), { what: 'the event of the other', timeoutMs: 30_000 });
  t.is(await valueOf(gateway, 'cut_total'), 1);
});

test('a gateway that stops ends its streams, so that clients go elsewhere', async (t) => {
  const gateway = await startGateway(t, { tasks: owned });
  const response = await fetch(`${gateway.url}/api/v1/events`, { headers: gateway.as(ada) });
  const over = response.text();
  await gateway.stop();
  t.regex(await over, /event: ready/);
});
