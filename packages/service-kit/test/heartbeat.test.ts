import { heartbeats, type Heartbeat } from '@backend2/contracts';
import { createStreams } from '@backend2/streams';
import { inbox, useRedis } from '@backend2/testkit';
import test from 'ava';
import { createMetrics, createReadiness, heartbeat, silentLog } from '../src/index.ts';

test('a process beats with what it finds of its dependencies, and its last beat says that it stopped', async (t) => {
  const redis = await useRedis(t);
  const streams = createStreams({ connection: { kind: 'single', url: redis.url } });
  await streams.start();
  t.teardown(() => streams.stop());
  const beats = inbox<Heartbeat>();
  const ear = streams.broadcast(heartbeats).subscribe({ handler: ({ payload }) => beats.push(payload) });
  await ear.start();
  t.teardown(() => ear.stop());
  const readiness = createReadiness([
    { name: 'works', check: async () => undefined },
    { name: 'hangs', check: () => new Promise(() => undefined), timeoutMs: 50 },
    { name: 'fails', check: () => Promise.reject(new Error('refused')), optional: true },
  ]);
  const service = heartbeat({
    service: 'auth',
    version: 'v',
    streams,
    readiness,
    log: silentLog(),
    metrics: createMetrics('test'),
    everyMs: 50,
  });
  await service.start();
  const first = await beats.next();
  t.like(first, { service: 'auth', state: 'starting', pid: process.pid, version: 'v' });
  t.deepEqual(first.checks, [
    { name: 'works', status: 'pass' },
    { name: 'hangs', status: 'fail', output: 'no answer within 50 ms' },
    { name: 'fails', status: 'warn', output: 'refused' },
  ]);
  readiness.enter('ready');
  let beat = await beats.next();
  while (beat.state === 'starting') beat = await beats.next();
  t.is(beat.state, 'ready');
  await service.stop(AbortSignal.abort());
  while (beat.state === 'ready') beat = await beats.next();
  t.is(beat.state, 'stopped');
});
