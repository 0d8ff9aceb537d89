import { createClient, type StreamedEvent } from '@backend2/client';
import { taskEvents } from '@backend2/contracts';
import { until } from '@backend2/testkit';
import test, { type ExecutionContext } from 'ava';
import { Redis } from 'ioredis';
import { gatewayProcess } from './gateway-process.ts';
import { ada, changeOf, taskOf } from './samples.ts';
import { startGateway, type TestGateway } from './start-gateway.ts';

const task = taskOf(ada);
const range = (from: number, to: number): number[] => Array.from({ length: to - from }, (_, i) => from + i);
const ordinalsOf = (heard: readonly StreamedEvent[]): number[] =>
  heard.flatMap(({ message }) =>
    message.type === 'subtasks' ? message.changes.map(({ ordinal }) => ordinal) : [],
  );

test('an event stream goes on without gap or repeat over the death of its gateway and its start again', async (t) => {
  const gateway = await gatewayProcess(t);
  const broadcast = gateway.streams.broadcast(taskEvents);
  const publish = (from: number, to: number) =>
    broadcast.publishMany(range(from, to).map((n) => changeOf(task.id, ada, n)));
  const first = await gateway.start();
  const { token } = gateway.tokens.sign({ userId: ada, role: 'user', sessionId: 's' });
  const { tasks } = createClient({ baseUrl: gateway.url, token });
  const heard: StreamedEvent[] = [];
  const stop = new AbortController();
  t.teardown(() => stop.abort());
  const reading = (async () => {
    for await (const event of tasks.events(undefined, { signal: stop.signal })) heard.push(event);
  })();
  await until(() => heard[0]?.message.type === 'ready', { what: 'ready', timeoutMs: 20_000 });
  await publish(0, 50);
  await until(() => ordinalsOf(heard).length >= 10, { what: 'ten events' });
  const pouring = publish(50, 400);
  first.kill('SIGKILL');
  await first.exited;
  await pouring;
  await publish(400, 900);
  await gateway.start();
  await publish(900, 1000);
  await until(() => ordinalsOf(heard).length >= 1000, { what: 'every event', timeoutMs: 30_000 });
  stop.abort();
  await reading;
  t.deepEqual(ordinalsOf(heard), range(0, 1000));
  t.deepEqual([...new Set(heard.map(({ message }) => message.type))], ['ready', 'subtasks']);
});

/** What a client hears that comes back with `lastEventId`. */
const resume = (t: ExecutionContext, gateway: TestGateway, lastEventId: string) => {
  const stop = new AbortController();
  t.teardown(() => stop.abort());
  const token = gateway.as(ada)['authorization']?.slice(7) ?? '';
  const { tasks } = createClient({ baseUrl: gateway.url, token });
  const heard: StreamedEvent[] = [];
  void (async () => {
    for await (const event of tasks.events(undefined, { signal: stop.signal, lastEventId }))
      heard.push(event);
  })();
  return heard;
};

test('who comes back after what is no longer kept is told to read anew, whether it was trimmed or lost', async (t) => {
  const gateway = await startGateway(t);
  const broadcast = gateway.streams.broadcast(taskEvents);
  const redis = new Redis(gateway.redisUrl);
  t.teardown(() => redis.disconnect());
  const publish = (...ordinals: number[]) =>
    Promise.all(ordinals.map((n) => broadcast.publish(changeOf(task.id, ada, n))));
  const [first = '', second = '', third = ''] = await publish(0, 1, 2, 3);

  await redis.xtrim('app:{task_events}', 'MINID', third);
  const trimmed = resume(t, gateway, first);
  const beforeOldest = resume(t, gateway, second);
  const kept = resume(t, gateway, third);
  await until(() => [trimmed, beforeOldest, kept].every((heard) => heard.length > 0));
  await publish(4);
  await until(() => [trimmed, beforeOldest, kept].every((heard) => ordinalsOf(heard).includes(4)));
  for (const heard of [trimmed, beforeOldest]) {
    t.is(heard.filter(({ message }) => message.type === 'reset').length, 1);
    t.is(heard.at(-2)?.message.type, 'reset');
  }
  t.deepEqual(ordinalsOf(kept), [3, 4]);
  t.false(kept.some(({ message }) => message.type === 'reset'));

  // A Redis that lost everything, and has events again: the place is older than what is there and was never of it.
  await redis.flushdb();
  await publish(5);
  const lost = resume(t, gateway, third);
  await until(() => lost.some(({ message }) => message.type === 'reset'), { what: 'reset' });
  await publish(6);
  await until(() => ordinalsOf(lost).includes(6));
  await until(() => ordinalsOf(kept).includes(6));
});

test('when Redis numbers its events from lower on again, open streams are told to read anew and go on', async (t) => {
  const gateway = await startGateway(t);
  const broadcast = gateway.streams.broadcast(taskEvents);
  const redis = new Redis(gateway.redisUrl);
  t.teardown(() => redis.disconnect());
  const key = 'app:{task_events}';
  // As by a server whose clock is an hour ahead, before one whose is right took its place.
  const event = JSON.stringify(changeOf(task.id, ada, 0));
  await redis.xadd(key, `${Date.now() + 3_600_000}-0`, 'm', `early\n${event}`);
  const heard = resume(t, gateway, '0-0');
  await until(() => ordinalsOf(heard).includes(0), { what: 'the event from ahead' });
  await redis.del(key);
  await broadcast.publish(changeOf(task.id, ada, 1));
  await until(() => ordinalsOf(heard).includes(1), { what: 'the event of the new stream' });
  t.deepEqual(
    heard.slice(-2).map(({ message }) => message.type),
    ['reset', 'subtasks'],
  );
});
